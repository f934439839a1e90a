// The mpu contract of ParallelGrid: what each accessor that DeepSpeed knows reads of the grid.
#include "core/base/check.h"
#include "core/grid/parallel_grid.h"

namespace gridlock {

std::int64_t ParallelGrid::get_global_rank() const { return global_rank(); }
std::int64_t ParallelGrid::get_stage_id() const { return stage_id(); }
std::int64_t ParallelGrid::get_data_parallel_id() const { return data_parallel_id(); }

// "Model parallel" is, in DeepSpeed and AReaL, all ranks of one data index: pipe and tensor together.
std::int64_t ParallelGrid::get_model_parallel_rank() const { return ds_model_rank(); }
std::int64_t ParallelGrid::get_model_parallel_world_size() const { return ds_model_world_size(); }
MaybeGroup ParallelGrid::get_model_parallel_group() const { return ds_model_proc_group(); }

std::int64_t ParallelGrid::get_tensor_model_parallel_rank() const { return tensor_.index; }
std::int64_t ParallelGrid::get_tensor_model_parallel_world_size() const { return tensor_.size; }
MaybeGroup ParallelGrid::get_tensor_model_parallel_group() const { return slice_proc_group(); }
MaybeGroup ParallelGrid::get_tensor_model_parallel_cpu_group() const { return slice_proc_group_gloo(); }
std::int64_t ParallelGrid::get_tensor_model_parallel_src_rank() const {
  return is_member() ? rank_mapping().to_world(model_rank_at(tensor_, 0)) : kNoRank;
}

std::int64_t ParallelGrid::get_slice_parallel_rank() const { return tensor_.index; }
std::int64_t ParallelGrid::get_slice_parallel_world_size() const { return tensor_.size; }
MaybeGroup ParallelGrid::get_slice_parallel_group() const { return slice_proc_group(); }

std::int64_t ParallelGrid::get_pipe_parallel_rank() const { return pipe_.index; }
std::int64_t ParallelGrid::get_pipe_parallel_world_size() const { return pipe_.size; }
MaybeGroup ParallelGrid::get_pipe_parallel_group() const { return pp_proc_group(); }
std::int64_t ParallelGrid::get_pipeline_model_parallel_rank() const { return pipe_.index; }
std::int64_t ParallelGrid::get_pipeline_model_parallel_world_size() const { return pipe_.size; }
MaybeGroup ParallelGrid::get_pipeline_model_parallel_group() const { return pp_proc_group(); }
std::int64_t ParallelGrid::get_pipeline_parallel_world_size() const {
  GRIDLOCK_CHECK(has(Accessor::get_pipeline_parallel_world_size));
  return pipe_.size;
}

std::int64_t ParallelGrid::get_data_parallel_rank() const { return data_.index; }
std::int64_t ParallelGrid::get_data_parallel_world_size() const { return data_.size; }
MaybeGroup ParallelGrid::get_data_parallel_group() const { return dp_proc_group(); }
MaybeGroup ParallelGrid::get_data_parallel_group_gloo() const { return dp_proc_group_gloo(); }

std::int64_t ParallelGrid::get_sequence_parallel_rank() const {
  GRIDLOCK_CHECK(has(Accessor::get_sequence_parallel_rank));
  return sequence_.index;
}
std::int64_t ParallelGrid::get_sequence_parallel_world_size() const {
  GRIDLOCK_CHECK(has(Accessor::get_sequence_parallel_world_size));
  return sequence_.size;
}
MaybeGroup ParallelGrid::get_sequence_parallel_group() const {
  GRIDLOCK_CHECK(has(Accessor::get_sequence_parallel_group));
  return group("sequence");
}
std::int64_t ParallelGrid::get_sequence_data_parallel_rank() const {
  GRIDLOCK_CHECK(has(Accessor::get_sequence_data_parallel_rank));
  if (!is_member()) return kNoRank;
  const std::optional<std::int64_t> request = plan_->family_group("sequence_data", rank_);
  return request ? plan_->model_members_of(*request).index_of(rank_) : kNoRank;
}
std::int64_t ParallelGrid::get_sequence_data_parallel_world_size() const {
  GRIDLOCK_CHECK(has(Accessor::get_sequence_data_parallel_world_size));
  return std::int64_t{data_.size} * sequence_.size;
}
MaybeGroup ParallelGrid::get_sequence_data_parallel_group() const {
  GRIDLOCK_CHECK(has(Accessor::get_sequence_data_parallel_group));
  return group("sequence_data");
}

}  // namespace gridlock
