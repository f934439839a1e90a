#include "core/data/operation.h"

namespace gridlock {
namespace {

using C = CountMeaning;
using E = Extent;
using I = InPlace;
using M = MadeOf;
using K = CallKind;

// NCCL versions: the collectives of 2.0; out-of-place broadcast 2.2.12; send and recv 2.7; all_to_all, gather
// and scatter 2.28.3 (rule S21). What is made of other calls is as old as they are.
constexpr bool yes = true;
constexpr bool no = false;

}  // namespace

// kind, name, is_p2p, reduces, has_root, count, input, output, in_place, made_of, nccl_version_min
constexpr std::array<OperationInfo, kOperationCount> kOperations{{
    {K::all_reduce, "all_reduce", no, yes, no, C::whole, E::one, E::one, I::same, M::kernel, 2000},
    {K::reduce, "reduce", no, yes, yes, C::whole, E::one, E::root_one, I::same, M::kernel, 2000},
    {K::broadcast, "broadcast", no, no, yes, C::whole, E::root_one, E::one, I::same, M::kernel, 2212},
    {K::all_gather, "all_gather", no, no, no, C::chunk, E::one, E::all, I::input_share, M::kernel, 2000},
    {K::reduce_scatter, "reduce_scatter", no, yes, no, C::chunk, E::all, E::one, I::output_share, M::kernel,
     2000},
    {K::all_to_all, "all_to_all", no, no, no, C::chunk, E::all, E::all, I::never, M::send_recv, 22803},
    {K::gather, "gather", no, no, yes, C::chunk, E::one, E::root_all, I::input_share, M::send_recv, 22803},
    {K::scatter, "scatter", no, no, yes, C::chunk, E::root_all, E::one, I::output_share, M::send_recv, 22803},
    {K::send, "send", yes, no, no, C::whole, E::one, E::nothing, I::never, M::kernel, 2700},
    {K::recv, "recv", yes, no, no, C::whole, E::nothing, E::one, I::never, M::kernel, 2700},
    {K::barrier, "barrier", no, no, no, C::nothing, E::nothing, E::nothing, I::never, M::all_reduce, 2000},
    {K::all_gather_v, "all_gather_v", no, no, no, C::per_rank, E::one, E::all, I::input_share, M::broadcast,
     2212},
    {K::all_to_all_v, "all_to_all_v", no, no, no, C::per_rank, E::all, E::all, I::never, M::send_recv, 2700},
}};

namespace {

constexpr bool are_in_order() {
  for (std::size_t i = 0; i < kOperations.size(); ++i) {
    if (static_cast<std::size_t>(kOperations[i].kind) != i) return false;
  }
  return true;
}
static_assert(are_in_order());

}  // namespace

std::span<const OperationInfo> all_operations() { return kOperations; }

std::string_view call_kind_name(CallKind kind) { return operation(kind).name; }

std::optional<CallKind> call_kind_from_name(std::string_view name) {
  for (const OperationInfo& info : kOperations) {
    if (info.name == name) return info.kind;
  }
  return std::nullopt;
}

}  // namespace gridlock
