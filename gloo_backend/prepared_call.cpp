#include "gloo_backend/prepared_call.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/data/element_value.h"
#include "core/data/operation.h"

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

/// Elements that the call reads and writes on its own rank, and where its share begins in a buffer of all
/// shares.
struct Extents {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t share = 0;
};

std::optional<Extents> extents_of(const Call& call, GroupRank rank, GroupRank size) {
  const auto n = static_cast<std::size_t>(size);
  const auto self = static_cast<std::size_t>(rank);
  if (call.kind == CallKind::all_gather_v) {
    const auto all = checked_total(call.counts);
    if (call.counts.size() != n || !all) return std::nullopt;
    const auto before = call.counts.first(self);
    return Extents{call.counts[self], *all, std::accumulate(before.begin(), before.end(), std::int64_t{0})};
  }
  if (call.kind == CallKind::all_to_all_v) {
    if (call.counts.size() != 2 * n) return std::nullopt;
    const auto sent = checked_total(call.counts.first(n));
    const auto received = checked_total(call.counts.subspan(n));
    if (!sent || !received) return std::nullopt;
    return Extents{*sent, *received, 0};
  }
  if (!call.counts.empty() || call.count < 0 || call.count > kBytesMax / size) return std::nullopt;
  return Extents{input_count(call.kind, call.count, size, rank, call.peer),
                 output_count(call.kind, call.count, size, rank, call.peer), call.count * rank};
}

bool are_arguments_good(const Call& call, const Extents& extents, GroupRank size) {
  const OperationInfo& info = operation(call.kind);
  if ((info.has_root || info.is_p2p) && (call.peer < 0 || call.peer >= size)) return false;
  const auto element = static_cast<std::int64_t>(dtype_size(call.dtype));
  if (std::max(extents.input, extents.output) > kBytesMax / element) return false;
  if (info.reduces && call.op == ReduceOp::premul_sum && !holds_value(call.dtype, call.scalar)) return false;
  const bool in_place = call.input != BufferHandle::none && call.input == call.output;
  return !in_place || info.in_place != InPlace::never || extents.input + extents.output == 0;
}

/// The elements [first, first + count) of a buffer; nothing when the buffer cannot be used for the call.
std::optional<std::span<std::byte>> elements(const Call& call, const std::shared_ptr<HostBuffer>& buffer,
                                             std::int64_t first, std::int64_t count) {
  if (count == 0) return std::span<std::byte>{};
  if (buffer == nullptr || buffer->dtype != call.dtype || buffer->count < first + count) return std::nullopt;
  const std::size_t size = dtype_size(call.dtype);
  return std::span(buffer->bytes)
      .subspan(static_cast<std::size_t>(first) * size, static_cast<std::size_t>(count) * size);
}

}  // namespace

StatusCode prepare_call(const Call& call, const HostBuffers& buffers, PreparedCall& prepared) {
  const auto extents = extents_of(call, prepared.rank, prepared.size());
  if (!extents || !are_arguments_good(call, *extents, prepared.size())) return StatusCode::invalid_argument;
  prepared.input_buffer = buffers.find(call.input);
  prepared.output_buffer = buffers.find(call.output);
  if (call.input != BufferHandle::none && prepared.input_buffer == nullptr)
    return StatusCode::invalid_argument;
  if (call.output != BufferHandle::none && prepared.output_buffer == nullptr)
    return StatusCode::invalid_argument;
  const bool in_place = prepared.input_buffer != nullptr && prepared.input_buffer == prepared.output_buffer;
  const InPlace form = operation(call.kind).in_place;
  const auto input = elements(call, prepared.input_buffer,
                              in_place && form == InPlace::input_share ? extents->share : 0, extents->input);
  const auto output =
      elements(call, prepared.output_buffer, in_place && form == InPlace::output_share ? extents->share : 0,
               extents->output);
  if (!input || !output) return StatusCode::invalid_argument;
  prepared.kind = call.kind;
  prepared.dtype = call.dtype;
  prepared.op = call.op;
  prepared.peer = call.peer;
  prepared.count = call.count;
  prepared.scalar = call.scalar;
  prepared.counts.assign(call.counts.begin(), call.counts.end());
  prepared.input = *input;
  prepared.output = *output;
  return StatusCode::ok;
}

}  // namespace gridlock
