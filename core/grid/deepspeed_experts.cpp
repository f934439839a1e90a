#include "core/grid/deepspeed_experts.h"

#include <fmt/format.h>

#include <utility>

#include "core/grid/factors.h"

namespace gridlock {
namespace {

std::int64_t share(std::int64_t whole, std::int64_t part, const char* whole_name, const char* part_name) {
  return exact_share("deepspeed", whole_name, whole, fmt::format("the {}", part_name), part);
}

}  // namespace

TopologyView deepspeed_expert_view(const DeepSpeedExperts& experts) {
  const bool has_lanes = experts.placement == ExpertPlacement::lanes;
  const std::int64_t stage = share(experts.world_size, experts.pipe, "world size", "pipeline size");
  const std::int64_t data =
      has_lanes ? share(stage, experts.tensor, "size of a stage", "tensor size") : stage;
  const std::int64_t expert_data =
      share(data, experts.expert, has_lanes ? "data size" : "size of a stage", "expert size");

  std::vector<std::string> axes = {"pipe", "expert_data", "expert"};
  std::vector<std::int64_t> sizes = {experts.pipe, expert_data, experts.expert};
  if (experts.data_before_expert) {
    std::swap(axes[1], axes[2]);
    std::swap(sizes[1], sizes[2]);
  }
  if (has_lanes) {
    axes.emplace_back("tensor");
    sizes.push_back(experts.tensor);
  }
  return {has_lanes ? "expert_lanes" : "expert", ProcessTopology(std::move(axes), sizes)};
}

}  // namespace gridlock
