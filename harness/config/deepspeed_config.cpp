#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"
#include "core/grid/deepspeed_experts.h"
#include "core/grid/factors.h"
#include "harness/config/config.h"
#include "harness/config/flags.h"
#include "harness/read/json_cursor.h"
#include "harness/read/json_maker.h"

namespace gridlock {
namespace {

const std::string kPlace = "--from deepspeed";
constexpr std::int64_t kSizeMax = 1'000'000'000;

/// DeepSpeed's integer, where "auto" (filled in by a trainer) says nothing.
std::int64_t size_in(const JsonCursor& object, const char* key) {
  const auto value = object.find(key);
  if (!value || (value->is_string() && value->string() == "auto")) return 0;
  return value->integer(1, kSizeMax);
}

/// Keys that were read; the others go to `ignored`, those of an inner object with its name before them.
void list_ignored(const JsonCursor& object, const std::string& name, const std::vector<std::string>& read,
                  Config& config) {
  for (const auto& [key, value] : object.members()) {
    if (std::find(read.begin(), read.end(), key) != read.end()) continue;
    const bool is_one = value.node() == JsonMaker(value.node().place).number(1);
    if (const auto hint = hint_for_unknown(key, is_one ? "1" : "", read))
      object.fail_key(key, fmt::format("unknown key '{}'", key), *hint);
    config.ignored.push_back(name + key);
  }
}

/// An object or, as DeepSpeed still takes it for ZeRO 1, a flag.
Sharding read_zero(const JsonCursor& zero, std::int64_t pipe, Config& config) {
  constexpr const char* kGroupSizes[] = {"zero_hpz_partition_size", "mics_shard_size"};
  if (!zero.is_object()) return zero.boolean() ? Sharding::optimizer : Sharding::none;
  for (const char* key : kGroupSizes) {
    const auto size = zero.find(key);
    if (size && !size->is_string() && size->integer(-1, kSizeMax) > 1)
      zero.fail_key(key,
                    fmt::format("the groups that '{}' cuts out of the data groups are not known here", key));
  }
  if (const auto quantized = zero.find("zero_quantized_gradients"); quantized && quantized->boolean())
    zero.fail_key("zero_quantized_gradients", "the groups of quantized gradients are not known here");
  list_ignored(zero, "zero_optimization.",
               {"stage", kGroupSizes[0], kGroupSizes[1], "zero_quantized_gradients"}, config);
  const auto stage = zero.find("stage");
  const std::int64_t level = stage ? stage->integer(0, 3) : 0;
  if (level > 1 && pipe > 1) {
    // runtime/pipe/engine.py PipelineEngine asserts it.
    zero.fail_key("stage", fmt::format("ZeRO {} excludes a pipeline, here of {} stages", level, pipe),
                  "ZeRO 0 and 1 go with --pipeline-parallel-size");
  }
  if (level == 3) return Sharding::weights;
  return level == 0 ? Sharding::none : Sharding::optimizer;
}

ModelFacts read_batches(const JsonCursor& root) {
  ModelFacts model;
  model.global_batch = size_in(root, "train_batch_size");
  model.micro_batch = size_in(root, "train_micro_batch_size_per_gpu");
  model.micro_batches = size_in(root, "gradient_accumulation_steps");
  return model;
}

/// The size that file and flags say; they must agree.
std::int64_t agreed(std::int64_t in_file, std::int64_t in_flags, const char* what) {
  if (in_file > 0 && in_flags > 0 && in_file != in_flags) {
    throw InputError(
        kPlace, fmt::format("the {} size is {} in the file and {} in the flags", what, in_file, in_flags));
  }
  return std::max<std::int64_t>({in_file, in_flags, 1});
}

std::int64_t read_world_size(Flags& flags, const ConfigSource& source) {
  const std::int64_t world_size =
      agreed_world_size(kPlace, {source.world_size, flags.size_or("--world-size", 0)});
  if (world_size > 0) return world_size;
  throw InputError(kPlace, "the size of the world is missing", "--world-size 64 beside --from");
}

GridLayout lay_out(Flags& flags, const DeepSpeedExperts& sizes) {
  const std::int64_t model = sizes.pipe * sizes.tensor;
  const std::int64_t data = exact_share(kPlace, "world size", sizes.world_size, "pipeline x tensor =", model);
  std::vector<std::string> axes = {"pipe", "data"};
  std::vector<std::int64_t> dims = {sizes.pipe, data};
  if (sizes.tensor > 1) {
    axes.emplace_back("model");
    dims.push_back(sizes.tensor);
  }
  GridLayout layout{ProcessTopology(std::move(axes), dims), {}};
  if (!flags.has("--expert-parallel-size")) return layout;
  try {
    layout.views.push_back(deepspeed_expert_view(sizes));
  } catch (const InputError& error) {
    throw InputError(kPlace, error.message(), error.hint());
  }
  return layout;
}

}  // namespace

Config read_deepspeed(const std::string& text, const ConfigSource& source) {
  Flags flags(text, kPlace);
  if (flags.words().size() != 1) {
    throw InputError(kPlace, "expected the path of one DeepSpeed configuration, then flags",
                     "'deepspeed: ds_config.json --pipeline-parallel-size 2 --tensor-parallel-size 2'");
  }
  const JsonNode document =
      read_json_file(flags.words().front(), {"a configuration that says nothing is {}", ""});
  const JsonCursor root(document);
  if (!root.is_object()) root.fail(fmt::format("expected an object, got {}", describe(document)));

  DeepSpeedExperts sizes;
  sizes.world_size = read_world_size(flags, source);
  sizes.pipe = flags.size_or("--pipeline-parallel-size", 1);
  const auto tensor = root.find("tensor_parallel");
  sizes.tensor = agreed(tensor ? size_in(*tensor, "autotp_size") : 0,
                        flags.size_or("--tensor-parallel-size", 0), "tensor-parallel");
  sizes.expert = flags.size_or("--expert-parallel-size", 1);
  if (flags.has("--enable-expert-tensor-parallelism")) sizes.placement = ExpertPlacement::lanes;
  sizes.data_before_expert = flags.has("--use-data-before-expert-parallelism");

  Config config;
  config.name = "deepspeed";
  config.description = "One training step of a DeepSpeed configuration: " + text;
  config.world_size = static_cast<RankId>(sizes.world_size);
  config.ranks_per_node = static_cast<RankId>(source.ranks_per_node > 0 ? source.ranks_per_node : 8);
  ConfigGrid grid{"trainer", "deepspeed", false, lay_out(flags, sizes)};
  grid.model = read_batches(root);
  list_ignored(root, "",
               {"train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps",
                "tensor_parallel", "zero_optimization"},
               config);
  if (tensor) list_ignored(*tensor, "tensor_parallel.", {"autotp_size"}, config);
  if (const auto zero = root.find("zero_optimization")) grid.sharding = read_zero(*zero, sizes.pipe, config);
  config.grids.push_back(std::move(grid));
  for (const std::string& flag : flags.unused()) config.ignored.push_back(flag);
  return config;
}

}  // namespace gridlock
