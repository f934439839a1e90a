#include "gloo_backend/operation_table.h"

#include <array>

#include "core/base/check.h"

namespace gridlock {
namespace {

using enum GlooForm;
using K = CallKind;

constexpr std::array<GlooOperation, 13> kGlooOperations{{
    {K::all_reduce, native,
     "allreduce with our reduce function; allgather where the order of inputs matters"},
    {K::reduce, composed, "gather"},
    {K::broadcast, native, "broadcast"},
    {K::all_gather, native, "allgather"},
    {K::reduce_scatter, composed, "alltoall"},
    {K::all_to_all, native, "alltoall"},
    {K::gather, native, "gather"},
    {K::scatter, native, "scatter"},
    {K::send, native, "send of an unbound buffer"},
    {K::recv, native, "recv of an unbound buffer"},
    {K::barrier, native, "barrier"},
    {K::all_gather_v, native, "allgatherv"},
    {K::all_to_all_v, native, "alltoallv"},
}};

}  // namespace

std::span<const GlooOperation> gloo_operations() { return kGlooOperations; }

GlooForm gloo_form(CallKind kind, DType dtype, ReduceOp op) {
  const auto index = static_cast<std::size_t>(kind);
  GRIDLOCK_CHECK(index < kGlooOperations.size() && kGlooOperations[index].kind == kind);
  if (kind == CallKind::all_reduce && !is_exact_in_any_order(dtype, op)) return composed;
  return kGlooOperations[index].form;
}

bool is_exact_in_any_order(DType dtype, ReduceOp op) {
  if (dtype_info(dtype).number_class == NumberClass::floating) return false;
  return op == ReduceOp::sum || op == ReduceOp::prod || op == ReduceOp::max || op == ReduceOp::min;
}

}  // namespace gridlock
