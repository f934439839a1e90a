#include "sim/call_check.h"

#include <algorithm>
#include <cmath>

#include "core/element_value.h"
#include "core/operation.h"

namespace gridlock::sim {
namespace {

/// Bytes of one operation; far below the limits of int64, so that sums and costs cannot overflow.
constexpr std::int64_t kBytesMax = std::int64_t{1} << 56;

/// Sum of counts, -1 when one is negative or the sum is too large.
std::int64_t checked_total(std::span<const std::int64_t> counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) {
    if (count < 0 || count > kBytesMax - sum) return -1;
    sum += count;
  }
  return sum;
}

/// Elements that a call reads and writes on its own rank; negative when its counts make no sense.
struct Extents {
  std::int64_t input = -1;
  std::int64_t output = -1;
};

Extents extents(const Call& call, const CallPlace& place) {
  const auto size = static_cast<std::size_t>(place.group_size);
  if (call.kind == CallKind::all_gather_v) {
    if (call.counts.size() != size) return {};
    const std::int64_t all = checked_total(call.counts);
    return {all < 0 ? -1 : call.counts[static_cast<std::size_t>(place.group_rank)], all};
  }
  if (call.kind == CallKind::all_to_all_v) {
    if (call.counts.size() != 2 * size) return {};
    return {checked_total(call.counts.first(size)), checked_total(call.counts.subspan(size))};
  }
  if (!call.counts.empty() || call.count < 0 || call.count > kBytesMax / place.group_size) return {};
  return {input_count(call.kind, call.count, place.group_size, place.group_rank, call.peer),
          output_count(call.kind, call.count, place.group_size, place.group_rank, call.peer)};
}

bool fits(const Call& call, BufferHandle handle, std::int64_t count, const Buffers& buffers, bool is_needed) {
  if (handle == BufferHandle::none) return !is_needed || count == 0;
  const Buffer* buffer = buffers.find(handle);
  return buffer != nullptr && (count == 0 || (buffer->dtype == call.dtype && buffer->count >= count));
}

}  // namespace

StatusCode check_call(const Call& call, const CallPlace& place, const Buffers& buffers, bool needs_buffers) {
  const OperationInfo& info = operation(call.kind);
  const bool has_peer = info.has_root || info.is_p2p;
  if (has_peer && (call.peer < 0 || call.peer >= place.group_size)) return StatusCode::invalid_argument;
  const Extents extent = extents(call, place);
  const auto element = static_cast<std::int64_t>(dtype_size(call.dtype));
  if (extent.input < 0 || extent.output < 0) return StatusCode::invalid_argument;
  if (std::max(extent.input, extent.output) > kBytesMax / element) return StatusCode::invalid_argument;
  if (info.reduces && call.op == ReduceOp::premul_sum && !holds_value(call.dtype, call.scalar)) {
    return StatusCode::invalid_argument;
  }
  const bool is_in_place = call.input != BufferHandle::none && call.input == call.output;
  if (is_in_place && info.in_place == InPlace::never && extent.input + extent.output > 0) {
    return StatusCode::invalid_argument;
  }
  if (!fits(call, call.input, extent.input, buffers, needs_buffers) ||
      !fits(call, call.output, extent.output, buffers, needs_buffers)) {
    return StatusCode::invalid_argument;
  }
  return StatusCode::ok;
}

}  // namespace gridlock::sim
