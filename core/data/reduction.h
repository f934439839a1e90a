#pragma once

#include <cstddef>
#include <span>

#include "core/data/dtype.h"
#include "core/data/reduce_op.h"

namespace gridlock {

/// Combines the inputs element by element, in the order given, into `output`. Rules:
///   - floats are rounded to `dtype` after every step, integers wrap around; NCCL promises no order (rule
///   S24), the
///     fixed one here is what makes runs repeatable
///   - max and min pass over NaN when there is a number, as CUDA's fmax; of equal values the first is kept
///   - premul_sum multiplies each input by the scalar, rounded to `dtype`, before adding
///   - avg of integers adds, then divides, truncating toward zero; avg of floats is premul_sum with 1/n
///   rounded to
///     `dtype`, as NCCL does it (SRC enqueue.cc, hostToDevRedOp)
///   - one input is a copy with its operation applied (rule S20)
/// `premul_scalar` is used by premul_sum only; for integers it must be a value of the type (element_value.h:
/// holds_value). Requires: at least one input, all spans of one length that is a multiple of the element
/// size; `output` may be one of the inputs, but must not overlap one otherwise. Reads each input once and
/// writes the output once.
void reduce_into(DType dtype, ReduceOp op, double premul_scalar,
                 std::span<const std::span<const std::byte>> inputs, std::span<std::byte> output);

}  // namespace gridlock
