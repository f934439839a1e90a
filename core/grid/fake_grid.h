#pragma once

#include "core/grid/mpu.h"
#include "core/grid/topology.h"

namespace gridlock {

/// Sizes, coordinates and ranks of a model without any group, for code that only asks where it would be
/// (AReaL's FakeGrid). Asking for a group throws InputError with the message "No groups in fake grid.".
class FakeGrid {
 public:
  /// Throws InputError for a rank outside the topology, and for a topology without the axes pipe, data and
  /// tensor (or model).
  FakeGrid(RankId rank, ProcessTopology topology);

  const ProcessTopology& topology() const { return topology_; }
  RankId global_rank() const { return rank_; }
  RankId rank() const { return rank_; }
  RankId world_size() const { return topology_.world_size(); }
  RankId data_parallel_size() const { return data_.size; }
  RankId pipe_parallel_size() const { return pipe_.size; }
  /// Size of the tensor axis, as in the reference.
  RankId model_parallel_size() const { return tensor_.size; }
  RankId dp_id() const { return data_.index; }
  RankId pp_id() const { return pipe_.index; }
  RankId mp_id() const { return tensor_.index; }

  RankId get_global_rank() const { return rank_; }
  RankId get_stage_id() const { return pipe_.index; }
  RankId get_data_parallel_id() const { return data_.index; }
  RankId get_pipe_parallel_rank() const { return pipe_.index; }
  RankId get_pipe_parallel_world_size() const { return pipe_.size; }
  RankId get_data_parallel_rank() const { return data_.index; }
  RankId get_data_parallel_world_size() const { return data_.size; }
  RankId get_tensor_model_parallel_rank() const { return tensor_.index; }
  RankId get_tensor_model_parallel_world_size() const { return tensor_.size; }
  /// Place among the ranks of the same data index, and how many they are: what ParallelGrid calls the
  /// ds_model rank.
  RankId get_model_parallel_rank() const;
  RankId get_model_parallel_world_size() const { return world_size() / data_.size; }
  [[noreturn]] MaybeGroup get_pipe_parallel_group() const;
  [[noreturn]] MaybeGroup get_data_parallel_group() const;
  [[noreturn]] MaybeGroup get_tensor_model_parallel_group() const;

 private:
  struct Place {
    RankId index = 0;
    RankId size = 1;
  };
  Place place_on(const std::string& axis) const;

  RankId rank_;
  ProcessTopology topology_;
  Place pipe_;
  Place data_;
  Place tensor_;
};

}  // namespace gridlock
