#include "core/data/reduce_op.h"

#include <array>
#include <cstddef>

#include "core/base/check.h"

namespace gridlock {
namespace {

constexpr std::array<ReduceOpInfo, 6> kReduceOps{{
    {ReduceOp::sum, "sum", 0},
    {ReduceOp::prod, "prod", 1},
    {ReduceOp::max, "max", 2},
    {ReduceOp::min, "min", 3},
    {ReduceOp::avg, "avg", 4},
    {ReduceOp::premul_sum, "premul_sum", std::nullopt},
}};

}  // namespace

std::span<const ReduceOpInfo> all_reduce_ops() { return kReduceOps; }

const ReduceOpInfo& reduce_op_info(ReduceOp op) {
  const auto index = static_cast<std::size_t>(op);
  GRIDLOCK_CHECK(index < kReduceOps.size() && kReduceOps[index].op == op);
  return kReduceOps[index];
}

std::string_view reduce_op_name(ReduceOp op) { return reduce_op_info(op).name; }

std::optional<ReduceOp> reduce_op_from_name(std::string_view name) {
  for (const ReduceOpInfo& info : kReduceOps) {
    if (info.name == name) return info.op;
  }
  return std::nullopt;
}

}  // namespace gridlock
