#include "core/call_extents.h"

#include <algorithm>
#include <numeric>

#include "core/element_value.h"
#include "core/operation.h"

namespace gridlock {
namespace {

/// Bytes of one operation; far below the limits of int64, so that no sum can overflow.
constexpr std::int64_t kBytesMax = std::int64_t{1} << 56;

std::optional<std::int64_t> checked_total(std::span<const std::int64_t> counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) {
    if (count < 0 || count > kBytesMax - sum) return std::nullopt;
    sum += count;
  }
  return sum;
}

/// Elements read and written, and where the own share begins in a buffer of all shares.
struct Amounts {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t share = 0;
};

std::optional<Amounts> amounts(const Call& call, GroupRank rank, GroupRank size) {
  const auto n = static_cast<std::size_t>(size);
  const auto self = static_cast<std::size_t>(rank);
  if (call.kind == CallKind::all_gather_v) {
    const auto all = checked_total(call.counts);
    if (call.counts.size() != n || !all) return std::nullopt;
    const auto before = call.counts.first(self);
    return Amounts{call.counts[self], *all, std::accumulate(before.begin(), before.end(), std::int64_t{0})};
  }
  if (call.kind == CallKind::all_to_all_v) {
    if (call.counts.size() != 2 * n) return std::nullopt;
    const auto sent = checked_total(call.counts.first(n));
    const auto received = checked_total(call.counts.subspan(n));
    if (!sent || !received) return std::nullopt;
    return Amounts{*sent, *received, 0};
  }
  if (!call.counts.empty() || call.count < 0 || call.count > kBytesMax / size) return std::nullopt;
  return Amounts{input_count(call.kind, call.count, size, rank, call.peer),
                 output_count(call.kind, call.count, size, rank, call.peer), call.count * rank};
}

}  // namespace

std::optional<CallExtents> call_extents(const Call& call, GroupRank rank, GroupRank size) {
  const OperationInfo& info = operation(call.kind);
  if ((info.has_root || info.is_p2p) && (call.peer < 0 || call.peer >= size)) return std::nullopt;
  const auto amount = amounts(call, rank, size);
  if (!amount) return std::nullopt;
  const auto element = static_cast<std::int64_t>(dtype_size(call.dtype));
  if (std::max(amount->input, amount->output) > kBytesMax / element) return std::nullopt;
  if (info.reduces && call.op == ReduceOp::premul_sum && !holds_value(call.dtype, call.scalar))
    return std::nullopt;
  CallExtents extents{amount->input, 0, amount->output, 0};
  const bool in_place = call.input != BufferHandle::none && call.input == call.output;
  if (!in_place) return extents;
  if (info.in_place == InPlace::never && amount->input + amount->output > 0) return std::nullopt;
  // Who only reads or only writes has no share inside of something larger.
  if (amount->input == 0 || amount->output == 0) return extents;
  if (info.in_place == InPlace::input_share) extents.input_first = amount->share;
  if (info.in_place == InPlace::output_share) extents.output_first = amount->share;
  return extents;
}

}  // namespace gridlock
