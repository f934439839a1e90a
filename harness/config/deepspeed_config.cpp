#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"
#include "core/grid/deepspeed_experts.h"
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

/// Keys that were read; the others go to `ignored`.
void list_ignored(const JsonCursor& root, const std::vector<std::string>& read, Config& config) {
  for (const auto& [key, value] : root.members()) {
    if (std::find(read.begin(), read.end(), key) != read.end()) continue;
    const bool is_one = value.node() == JsonMaker(value.node().place).number(1);
    if (const auto hint = hint_for_unknown(key, is_one ? "1" : "", read))
      root.fail_key(key, fmt::format("unknown key '{}'", key), *hint);
    config.ignored.push_back(key);
  }
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
  if (sizes.world_size % model != 0) {
    throw InputError(kPlace, fmt::format("the world size {} is not divisible by pipeline x tensor = {}",
                                         sizes.world_size, model));
  }
  std::vector<std::string> axes = {"pipe", "data"};
  std::vector<std::int64_t> dims = {sizes.pipe, sizes.world_size / model};
  if (sizes.tensor > 1) {
    axes.emplace_back("model");
    dims.push_back(sizes.tensor);
  }
  GridLayout layout{ProcessTopology(std::move(axes), dims), {}};
  if (flags.has("--expert-parallel-size")) layout.views.push_back(deepspeed_expert_view(sizes));
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
  config.grids.push_back(std::move(grid));
  list_ignored(root,
               {"train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps",
                "tensor_parallel"},
               config);
  for (const std::string& flag : flags.unused()) config.ignored.push_back(flag);
  return config;
}

}  // namespace gridlock
