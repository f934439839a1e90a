#include "gloo_backend/prepared_call.h"

#include <optional>

#include "core/data/operation.h"
#include "core/rank/call_check.h"

namespace gridlock {
namespace {

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
  const std::optional<CallExtents> extents = check_call(call, prepared.rank, prepared.size);
  if (!extents) return StatusCode::invalid_argument;
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
  prepared.input = *input;
  prepared.output = *output;
  return StatusCode::ok;
}

}  // namespace gridlock
