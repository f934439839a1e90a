#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gridlock {

/// How a reduction combines the members' elements. premul_sum multiplies every input by a scalar first; the
/// scalar is part of the call.
enum class ReduceOp : std::uint8_t { sum, prod, max, min, avg, premul_sum };

/// One row of the table of reduce operations.
///   nccl_number  value of ncclRedOp_t; empty for premul_sum, whose number NCCL hands out when the operation
///   is made
///                (rule S22)
struct ReduceOpInfo {
  ReduceOp op;
  std::string_view name;
  std::optional<int> nccl_number;
};

/// All reduce operations in declaration order.
std::span<const ReduceOpInfo> all_reduce_ops();
const ReduceOpInfo& reduce_op_info(ReduceOp op);
std::string_view reduce_op_name(ReduceOp op);
/// The operation with exactly that name, or nothing.
std::optional<ReduceOp> reduce_op_from_name(std::string_view name);

}  // namespace gridlock
