#include <fmt/format.h>

#include "core/base/input_error.h"
#include "core/grid/megatron.h"
#include "harness/config/config.h"
#include "harness/config/flags.h"

namespace gridlock {
namespace {

const std::string kPlace = "--from megatron";

MegatronSizes read_sizes(Flags& flags) {
  MegatronSizes sizes;
  sizes.tensor = flags.size_or("--tensor-model-parallel-size", 1);
  sizes.pipe = flags.size_or("--pipeline-model-parallel-size", 1);
  sizes.context = flags.size_or("--context-parallel-size", 1);
  sizes.expert = flags.size_or("--expert-model-parallel-size", 1);
  sizes.expert_tensor = flags.size_or("--expert-tensor-parallel-size", 0);
  sizes.context_levels = flags.sizes("--hierarchical-context-parallel-sizes");
  if (flags.has("--use-tp-pp-dp-mapping")) sizes.order = "tp-cp-ep-pp-dp";
  if (const auto order = flags.value("--order")) sizes.order = *order;
  return sizes;
}

/// Chunks on each stage: given, or what the layers of one chunk leave.
std::int64_t read_virtual_stages(Flags& flags, std::int64_t layers, std::int64_t pipe) {
  const auto stages = flags.size("--num-virtual-stages-per-pipeline-rank");
  const auto chunk = flags.size("--num-layers-per-virtual-pipeline-stage");
  if (!stages && !chunk) return 0;
  if (pipe < 2)
    throw InputError(kPlace, "an interleaved schedule needs --pipeline-model-parallel-size of at least 2");
  if (stages && chunk) {
    throw InputError(
        kPlace,
        "--num-virtual-stages-per-pipeline-rank and --num-layers-per-virtual-pipeline-stage say the "
        "same thing twice",
        "give one of them");
  }
  if (stages) return *stages;
  if (layers == 0)
    throw InputError(kPlace, "--num-layers-per-virtual-pipeline-stage says nothing without --num-layers");
  if (layers % (pipe * *chunk) != 0) {
    throw InputError(kPlace, fmt::format("{} layers on {} stages cannot be cut into chunks of {} layers",
                                         layers, pipe, *chunk));
  }
  return layers / pipe / *chunk;
}

/// What is dealt out to the stages: embedding and loss are layers where the flags say so. 0 where a layout
/// says of each layer whose it is.
std::int64_t layers_of_stages(Flags& flags) {
  const std::int64_t layers = flags.size_or("--num-layers", 0);
  if (flags.has("--pipeline-model-parallel-layout") || layers == 0) return 0;
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

  ConfigGrid grid{"trainer", "megatron", false, lay_out(sizes, world_size)};
  grid.model = read_model(flags, sizes);
  grid.gloo_twins = !flags.has("--disable-gloo-process-groups");
  grid.timeout_s = 60 * flags.size_or("--distributed-timeout-minutes", 10);
  grid.tied_embedding = !flags.has("--untie-embeddings-and-output-weights");
  Config config;
  config.name = "megatron";
  config.description = "One training step of a Megatron configuration: " + text;
  config.world_size = static_cast<RankId>(world_size);
  config.ranks_per_node = static_cast<RankId>(source.ranks_per_node > 0 ? source.ranks_per_node
                                              : per_node > 0            ? per_node
                                                                        : 8);
  config.grids.push_back(std::move(grid));
  config.ignored = flags.unused();
  return config;
}

}  // namespace gridlock
