#pragma once

#include <cstdint>

#include "core/grid/plan.h"

namespace gridlock {

/// How DeepSpeed lays experts out: which function of deepspeed/utils/groups.py makes the groups.
enum class ExpertPlacement : std::uint8_t {
  /// _create_expert_and_data_parallel: expert groups are neighbours of a stage, tensor parallelism or not.
  neighbours,
  /// _create_expert_data_and_model_parallel (enable_expert_tensor_parallelism): expert groups are cut from
  /// ranks of one tensor index.
  lanes,
};

/// What the two functions read of the mpu and of the layer. `world_size` is torch's, whatever ranks the model
/// is on.
struct DeepSpeedExperts {
  std::int64_t world_size = 1;
  std::int64_t pipe = 1;
  std::int64_t tensor = 1;
  std::int64_t expert = 1;
  ExpertPlacement placement = ExpertPlacement::neighbours;
  /// use_data_before_expert_parallelism: data parallelism is faster than expert parallelism.
  bool data_before_expert = false;
};

/// The view (named as the recipes areal and deepspeed look for it) with axes pipe, expert_data, expert and,
/// for lanes, tensor. Throws InputError (place "deepspeed") for sizes that do not divide the world, as
/// DeepSpeed's _ensure_divisibility does.
TopologyView deepspeed_expert_view(const DeepSpeedExperts& experts);

}  // namespace gridlock
