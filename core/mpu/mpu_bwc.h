#pragma once

#include "core/mpu/mpu_reader.h"

namespace gridlock::bwc {

/// The fallback chains of deepspeed/utils/bwc.py, which most of DeepSpeed reads an mpu through: the first
/// name that the object has answers; the last one of the tensor chains is read without asking. Without an
/// mpu: 0, 1, None, 1, None.
std::int64_t tensor_rank(const MpuReader& mpu);
std::int64_t tensor_size(const MpuReader& mpu);
MaybeGroup tensor_group(const MpuReader& mpu);
/// 1 when the object has neither name.
std::int64_t pipe_size(const MpuReader& mpu);
/// AssertionError when the object has neither name.
MaybeGroup pipe_group(const MpuReader& mpu);

}  // namespace gridlock::bwc
