#include "core/rank/call_check.h"

#include <algorithm>
#include <numeric>

#include "core/data/element_value.h"

namespace gridlock {
namespace {

/// Bytes of one operation; far below the limits of int64, so that no sum and no cost can overflow.
constexpr std::int64_t kBytesMax = std::int64_t{1} << 56;

std::optional<std::int64_t> checked_total(std::span<const std::int64_t> counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) {
    if (count < 0 || count > kBytesMax - sum) return std::nullopt;
    sum += count;
  }
  return sum;
}

std::optional<CallExtents> uneven_extents(const Call& call, GroupRank rank, GroupRank size) {
  const auto n = static_cast<std::size_t>(size);
  const auto self = static_cast<std::size_t>(rank);
  if (call.kind == CallKind::all_gather_v) {
    const auto all = checked_total(call.counts);
    if (call.counts.size() != n || !all) return std::nullopt;
    const auto before = call.counts.first(self);
    return CallExtents{call.counts[self], *all,
                       std::accumulate(before.begin(), before.end(), std::int64_t{0})};
  }
  if (call.counts.size() != 2 * n) return std::nullopt;
  const auto sent = checked_total(call.counts.first(n));
  const auto received = checked_total(call.counts.subspan(n));
  if (!sent || !received) return std::nullopt;
  return CallExtents{*sent, *received, 0};
}

/// count > max / divisor, without the division where the count is small: this is asked for every call.
inline bool exceeds(std::int64_t count, std::int64_t max, std::int64_t divisor) {
  return count > (max >> 32U) && count > max / divisor;
}

}  // namespace

// Every path returns the same variable, which the compiler then builds where the caller wants it.
std::optional<CallExtents> check_call(const Call& call, GroupRank rank, GroupRank size) {
  std::optional<CallExtents> extents;
  const OperationInfo& info = operation(call.kind);
  if ((info.has_root || info.is_p2p) && (call.peer < 0 || call.peer >= size)) return extents;
  if (info.count == CountMeaning::per_rank) {
    extents = uneven_extents(call, rank, size);
    if (!extents) return extents;
  } else {
    if (!call.counts.empty() || call.count < 0 || exceeds(call.count, kBytesMax, size)) return extents;
    const bool is_root = rank == call.peer;
    extents.emplace();
    extents->input = extent_count(info.input, call.count, size, is_root);
    extents->output = extent_count(info.output, call.count, size, is_root);
    extents->share = call.count * rank;
  }
  const std::int64_t elements = std::max(extents->input, extents->output);
  constexpr std::int64_t kElementBytesMax = 8;
  const bool is_too_large = elements > kBytesMax / kElementBytesMax &&
                            elements > kBytesMax / static_cast<std::int64_t>(dtype_size(call.dtype));
  const bool has_wrong_scalar =
      info.reduces && call.op == ReduceOp::premul_sum && !holds_value(call.dtype, call.scalar);
  const bool in_place = call.input != BufferHandle::none && call.input == call.output;
  const bool has_no_place =
      in_place && info.in_place == InPlace::never && extents->input + extents->output > 0;
  if (is_too_large || has_wrong_scalar || has_no_place) extents.reset();
  return extents;
}

bool reaches_data(const Call& call, BackendKind backend) {
  if (call.notes == nullptr) return true;
  const OperationInfo& info = operation(call.kind);
  if (backend == BackendKind::nccl) {
    return call.notes->device != kHostMemory || info.count == CountMeaning::nothing;
  }
  return call.notes->device < 0 || !info.is_p2p;
}

}  // namespace gridlock
