#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "core/base/input_error.h"
#include "core/grid/megatron.h"
#include "harness/config/config.h"
#include "harness/config/flags.h"

namespace gridlock {
namespace {

const std::string kPlace = "--from megatron";
constexpr std::int64_t kLayoutMost = 100'000;

MegatronSizes read_sizes(Flags& flags) {
  MegatronSizes sizes;
  sizes.tensor = flags.size_or("--tensor-model-parallel-size", 1);
  sizes.pipe = flags.size_or("--pipeline-model-parallel-size", 1);
  sizes.context = flags.size_or("--context-parallel-size", 1);
  sizes.expert = flags.size_or("--expert-model-parallel-size", 1);
  sizes.expert_tensor = flags.size_or("--expert-tensor-parallel-size", 0);
  sizes.context_levels = flags.sizes("--hierarchical-context-parallel-sizes");
  const bool is_pipe_before_data = flags.has("--use-tp-pp-dp-mapping");
  if (is_pipe_before_data) sizes.order = "tp-cp-ep-pp-dp";
  if (const auto order = flags.value("--order")) {
    if (is_pipe_before_data && *order != sizes.order)
      throw InputError(kPlace, fmt::format("--use-tp-pp-dp-mapping is the order {}, and --order says {}",
                                           sizes.order, *order));
    sizes.order = *order;
  }
  return sizes;
}

const char* const kVirtualStages = "--num-virtual-stages-per-pipeline-rank";
const char* const kChunkLayers = "--num-layers-per-virtual-pipeline-stage";
const char* const kRound = "--microbatch-group-size-per-virtual-pipeline-stage";
const char* const kLayout = "--pipeline-model-parallel-layout";

/// Two ways to say the same (training/arguments.py validate_args: at most one of the three).
void check_chunk_flags(Flags& flags) {
  std::vector<const char*> given;
  for (const char* flag : {kVirtualStages, kChunkLayers, kLayout}) {
    if (flags.has(flag)) given.push_back(flag);
  }
  if (given.size() > 1) {
    throw InputError(kPlace, fmt::format("{} and {} both say what the stages are", given[0], given[1]),
                     "give one of them");
  }
  for (const char* flag : {"--decoder-first-pipeline-num-layers", "--decoder-last-pipeline-num-layers"}) {
    if (flags.has(flag) && flags.has(kChunkLayers))
      throw InputError(kPlace, fmt::format("{} and {} exclude each other", flag, kChunkLayers),
                       fmt::format("{} goes with stages of unequal size", kVirtualStages));
  }
}

/// Every "(...)*n" or "x*n" that the pattern finds, written out.
std::string unrolled(const std::string& layout, const char* pattern) {
  const std::regex repeated(pattern);
  std::string text;
  std::string rest = layout;
  for (std::smatch match; std::regex_search(rest, match, repeated);) {
    const std::string unit = match[1].str();
    const std::int64_t times = parse_size(match[2].str()).value_or(kLayoutMost);
    if (static_cast<std::int64_t>(unit.size()) * times + static_cast<std::int64_t>(text.size()) > kLayoutMost)
      throw InputError(kPlace, fmt::format("{} is too long: {}", kLayout, layout));
    text += match.prefix().str();
    for (std::int64_t i = 0; i < times; ++i) text += unit;
    rest = std::string(match.suffix());
  }
  return text + rest;
}

/// Stages of a layout such as "Et*3|(tt|)*29,m|L": what '|' stands between, when all is written out
/// (core/transformer/pipeline_parallel_layer_layout.py parse_str_to_list).
std::int64_t layout_stages(const std::string& layout) {
  const std::string text = unrolled(unrolled(layout, R"(\(([^)]+)\)\*(\d+))"), R"((.)\*(\d+))");
  return 1 + std::count(text.begin(), text.end(), '|');
}

std::int64_t chunks_of_layout(const std::string& layout, std::int64_t pipe) {
  const std::int64_t stages = layout_stages(layout);
  if (stages % pipe == 0) return stages / pipe;
  throw InputError(kPlace, fmt::format("{} has {} stages, no multiple of --pipeline-model-parallel-size {}",
                                       kLayout, stages, pipe));
}

std::int64_t chunks_of_layers(std::int64_t chunk, std::int64_t layers, std::int64_t pipe) {
  if (layers == 0)
    throw InputError(kPlace, fmt::format("{} says nothing without --num-layers", kChunkLayers));
  if (layers % (pipe * chunk) == 0) return layers / pipe / chunk;
  throw InputError(kPlace, fmt::format("{} layers on {} stages cannot be cut into chunks of {} layers",
                                       layers, pipe, chunk));
}

/// Chunks on each stage: given, or what the layers of one chunk or the layout leave. 0 without a schedule
/// that is interleaved, as one chunk is none.
std::int64_t read_virtual_stages(Flags& flags, std::int64_t layers, std::int64_t pipe) {
  check_chunk_flags(flags);
  std::int64_t chunks = flags.size_or(kVirtualStages, 0);
  if (const auto chunk = flags.size(kChunkLayers)) chunks = chunks_of_layers(*chunk, layers, pipe);
  if (const auto layout = flags.value(kLayout)) chunks = chunks_of_layout(*layout, pipe);
  const bool overlaps = !flags.has("--no-overlap-p2p-communication");
  const std::int64_t round = flags.size_or(kRound, pipe);
  if (chunks < 2) return 0;
  if (round != pipe) {
    throw InputError(kPlace, fmt::format("{} {} is not known here", kRound, round),
                     fmt::format("rounds of {} micro-batches, one for each stage, are", pipe));
  }
  const std::int64_t least = overlaps ? 2 : 3;
  if (pipe >= least) return chunks;
  throw InputError(
      kPlace, fmt::format("an interleaved schedule needs --pipeline-model-parallel-size of at least {}{}",
                          least, overlaps ? "" : " with --no-overlap-p2p-communication"));
}

/// validate_args asserts it: the groups of experts would have nothing to hold.
void check_experts(Flags& flags, const MegatronSizes& sizes) {
  if (sizes.expert < 2 || flags.has("--num-experts")) return;
  throw InputError(
      kPlace, fmt::format("--expert-model-parallel-size {} says nothing without --num-experts", sizes.expert),
      fmt::format("--num-experts, a multiple of {}", sizes.expert));
}

/// What is dealt out to the stages: embedding and loss are layers where the flags say so. 0 where a layout
/// says of each layer whose it is.
std::int64_t layers_of_stages(Flags& flags) {
  const std::int64_t layers = flags.size_or("--num-layers", 0);
  if (flags.has(kLayout) || layers == 0) return 0;
  return layers + (flags.has("--account-for-embedding-in-pipeline-split") ? 1 : 0) +
         (flags.has("--account-for-loss-in-pipeline-split") ? 1 : 0);
}

ModelFacts read_model(Flags& flags, const MegatronSizes& sizes) {
  ModelFacts model;
  model.layers = layers_of_stages(flags);
  model.first_stage_layers = flags.size_or("--decoder-first-pipeline-num-layers", 0);
  model.last_stage_layers = flags.size_or("--decoder-last-pipeline-num-layers", 0);
  model.attention_heads = flags.size_or("--num-attention-heads", 0);
  model.query_groups = flags.size_or("--num-query-groups", 0);
  model.experts = flags.size_or("--num-experts", 0);
  model.hidden_size = flags.size_or("--hidden-size", 0);
  model.feed_forward_size = flags.size_or("--ffn-hidden-size", 0);
  model.head_size = flags.size_or("--kv-channels", 0);
  if (flags.has("--sequence-parallel") && sizes.tensor > 1) model.sequence_ranks = sizes.tensor;
  model.sequence_length = flags.size_or("--seq-length", 0);
  model.global_batch = flags.size_or("--global-batch-size", 0);
  model.micro_batch = flags.size_or("--micro-batch-size", 0);
  model.virtual_stages = read_virtual_stages(flags, model.layers, sizes.pipe);
  return model;
}

/// --world-size of gridlock, or torchrun's nodes and processes.
std::int64_t read_world_size(Flags& flags, const ConfigSource& source, std::int64_t per_node) {
  const std::int64_t nodes = flags.size_or("--nnodes", 1);
  const std::int64_t world_size = agreed_world_size(
      kPlace, {source.world_size, flags.size_or("--world-size", 0), per_node > 0 ? nodes * per_node : 0});
  if (world_size > 0) return world_size;
  throw InputError(
      kPlace, "the size of the world is missing",
      "--world-size 1024 beside --from, or torchrun's --nnodes and --nproc-per-node in the flags");
}

GridLayout lay_out(const MegatronSizes& sizes, std::int64_t world_size) {
  try {
    return megatron_layout(sizes, world_size);
  } catch (const InputError& error) {
    throw InputError(kPlace, error.message(), error.hint());
  }
}

void check_optimizer_instances(Flags& flags) {
  const std::int64_t instances = flags.size_or("--num-distributed-optimizer-instances", 1);
  if (instances == 1) return;
  throw InputError(
      kPlace, fmt::format("the groups of {} distributed optimizer instances are not known here", instances),
      "only --num-distributed-optimizer-instances 1 is");
}

}  // namespace

Config read_megatron_flags(const std::string& text, const ConfigSource& source) {
  Flags flags(text, kPlace);
  const std::int64_t per_node = flags.size_or("--nproc-per-node", 0);
  const std::int64_t world_size = read_world_size(flags, source, per_node);
  const MegatronSizes sizes = read_sizes(flags);
  check_optimizer_instances(flags);
  check_experts(flags, sizes);

  ConfigGrid grid{"trainer", "megatron", false, lay_out(sizes, world_size)};
  grid.model = read_model(flags, sizes);
  grid.gloo_twins = !flags.has("--disable-gloo-process-groups");
  grid.timeout_s = 60 * flags.size_or("--distributed-timeout-minutes", 10);
  grid.tied_embedding = !flags.has("--untie-embeddings-and-output-weights");
  if (flags.has("--use-distributed-optimizer")) grid.sharding = Sharding::optimizer;
  Config config;
  config.name = "megatron";
  config.description = "One training step of a Megatron configuration: " + text;
  config.world_size = static_cast<RankId>(world_size);
  config.ranks_per_node = static_cast<RankId>(source.ranks_per_node > 0 ? source.ranks_per_node
                                              : per_node > 0            ? per_node
                                                                        : 8);
  config.ignored = flags.unused();
  if (grid.model.virtual_stages > 1 && !is_interleaved(grid)) {
    config.ignored.push_back(
        fmt::format("{} virtual stages: {} stages do not divide the micro-batches (see gridlock lint)",
                    grid.model.virtual_stages, sizes.pipe));
  }
  config.grids.push_back(std::move(grid));
  return config;
}

}  // namespace gridlock
