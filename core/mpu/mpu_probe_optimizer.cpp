// ZeRO, the fp16 and bf16 optimizers, gradient norms and the overflow check.

#include "core/mpu/mpu_bwc.h"
#include "core/mpu/mpu_probe_tables.h"

namespace gridlock {
namespace {

constexpr std::string_view kUtils = "runtime/utils.py";

ProbeValue tensor_rank(const MpuReader& mpu) { return bwc::tensor_rank(mpu); }
ProbeValue data_group(const MpuReader& mpu) { return mpu.group(Accessor::get_data_parallel_group); }
ProbeValue model_group(const MpuReader& mpu) { return mpu.group(Accessor::get_model_parallel_group); }

bool without_model_parallelism(const MpuReader& mpu) {
  return mpu.is_none() || mpu.has(Accessor::initialize_sequence_parallel);
}

ProbeValue zero_1_2(const MpuReader& mpu) {
  if (without_model_parallelism(mpu)) return ProbeValue::list({{}, std::int64_t{1}, std::int64_t{0}});
  const MaybeGroup group = mpu.group(Accessor::get_model_parallel_group);
  const std::int64_t size = mpu.number(Accessor::get_model_parallel_world_size);
  return ProbeValue::list({group, size, bwc::tensor_rank(mpu)});
}

ProbeValue zero_3(const MpuReader& mpu) {
  if (without_model_parallelism(mpu)) return ProbeValue::list({{}, std::int64_t{0}});
  const MaybeGroup group = mpu.group(Accessor::get_model_parallel_group);
  return ProbeValue::list({group, mpu.number(Accessor::get_model_parallel_rank)});
}

/// Without the name DeepSpeed partitions the parameters over the whole world: None.
ProbeValue parameter_partitioning(const MpuReader& mpu) {
  if (!mpu.has(Accessor::get_data_parallel_group)) return {};
  return data_group(mpu);
}

ProbeValue overflow_check(const MpuReader& mpu) {
  const MaybeGroup data = mpu.group(Accessor::get_data_parallel_group);
  return ProbeValue::list({data, mpu.group(Accessor::get_model_parallel_group)});
}

/// Rank 0 of the model group counts the replicated parameters, then the squares are summed over the group.
ProbeValue clip_grad_norm(const MpuReader& mpu) {
  const std::int64_t rank = mpu.number(Accessor::get_model_parallel_rank);
  return ProbeValue::list({rank, mpu.group(Accessor::get_model_parallel_group)});
}

ProbeValue tensor_rank_and_model_group(const MpuReader& mpu) {
  const std::int64_t rank = bwc::tensor_rank(mpu);
  return ProbeValue::list({rank, mpu.group(Accessor::get_model_parallel_group)});
}

/// Sums over the model group and, with several stages, once more over the pipe group.
ProbeValue global_norm(const MpuReader& mpu) {
  const MaybeGroup model = mpu.group(Accessor::get_model_parallel_group);
  const std::int64_t stages = bwc::pipe_size(mpu);
  if (stages <= 1) return ProbeValue::list({model, stages, {}});
  return ProbeValue::list({model, stages, bwc::pipe_group(mpu)});
}

constexpr Probe kProbes[] = {
    {"ZeRO 1/2", "runtime/zero/stage_1_and_2.py", "__init__ model-parallel group, size, rank", zero_1_2},
    {"ZeRO 3", "runtime/zero/stage3.py", "__init__ model-parallel group, rank", zero_3},
    {"ZeRO 3 (parameter partitioning)", "runtime/zero/parameter_offload.py", "partitioning group",
     parameter_partitioning},
    {"ZeRO 3 (MiCS)", "runtime/zero/mics.py", "partitioning group", data_group},
    {"fp16 optimizer", "runtime/fp16/fused_optimizer.py", "tensor rank", tensor_rank},
    {"bf16 optimizer", "runtime/bf16_optimizer.py", "tensor rank", tensor_rank},
    {"1-bit optimizers (compressed comm)", "runtime/comm/compressed.py", "compression group", data_group},
    {"overflow check", kUtils, "CheckOverflow data and model group", overflow_check},
    {"gradient clipping (clip_grad_norm_)", kUtils, "clip_grad_norm_", clip_grad_norm},
    {"gradient norm (fp16 fused)", kUtils, "get_flattened_grad_norm", model_group},
    {"gradient zero count", kUtils, "get_grad_zeros", tensor_rank_and_model_group},
    {"weight norm (fp16 unfused/fused)", kUtils, "get_weight_norm", tensor_rank_and_model_group},
    {"global norm of tensors (bf16, MoE)", kUtils, "get_global_norm_of_tensors", global_norm},
};

}  // namespace

std::span<const Probe> optimizer_probes() { return kProbes; }

}  // namespace gridlock
