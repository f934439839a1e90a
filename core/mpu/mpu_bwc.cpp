#include "core/mpu/mpu_bwc.h"

namespace gridlock::bwc {

std::int64_t tensor_rank(const MpuReader& mpu) {
  if (mpu.is_none()) return 0;
  if (mpu.has(Accessor::get_tensor_model_parallel_rank))
    return mpu.number(Accessor::get_tensor_model_parallel_rank);
  if (mpu.has(Accessor::get_slice_parallel_rank)) return mpu.number(Accessor::get_slice_parallel_rank);
  return mpu.number(Accessor::get_model_parallel_rank);
}

std::int64_t tensor_size(const MpuReader& mpu) {
  if (mpu.is_none()) return 1;
  if (mpu.has(Accessor::get_tensor_model_parallel_world_size)) {
    return mpu.number(Accessor::get_tensor_model_parallel_world_size);
  }
  if (mpu.has(Accessor::get_slice_parallel_world_size))
    return mpu.number(Accessor::get_slice_parallel_world_size);
  return mpu.number(Accessor::get_model_parallel_world_size);
}

MaybeGroup tensor_group(const MpuReader& mpu) {
  if (mpu.is_none()) return std::nullopt;
  if (mpu.has(Accessor::get_tensor_model_parallel_group))
    return mpu.group(Accessor::get_tensor_model_parallel_group);
  if (mpu.has(Accessor::get_slice_parallel_group)) return mpu.group(Accessor::get_slice_parallel_group);
  return mpu.group(Accessor::get_model_parallel_group);
}

std::int64_t pipe_size(const MpuReader& mpu) {
  if (mpu.is_none()) return 1;
  if (mpu.has(Accessor::get_pipeline_model_parallel_world_size)) {
    return mpu.number(Accessor::get_pipeline_model_parallel_world_size);
  }
  if (mpu.has(Accessor::get_pipe_parallel_world_size))
    return mpu.number(Accessor::get_pipe_parallel_world_size);
  return 1;
}

MaybeGroup pipe_group(const MpuReader& mpu) {
  if (mpu.is_none()) return std::nullopt;
  if (mpu.has(Accessor::get_pipeline_model_parallel_group)) {
    return mpu.group(Accessor::get_pipeline_model_parallel_group);
  }
  if (mpu.has(Accessor::get_pipe_parallel_group)) return mpu.group(Accessor::get_pipe_parallel_group);
  raise_python("AssertionError", "mpu does not support pipeline parallel group");
}

}  // namespace gridlock::bwc
