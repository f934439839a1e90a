#include "sim/call_check.h"

#include "core/rank/call_check.h"

namespace gridlock::sim {
namespace {

inline bool fits(const Call& call, BufferHandle handle, std::int64_t count, const Buffers& buffers,
                 bool is_needed) {
  if (handle == BufferHandle::none) return !is_needed || count == 0;
  const Buffer* buffer = buffers.find(handle);
  return buffer != nullptr && (count == 0 || (buffer->dtype == call.dtype && buffer->count >= count));
}

}  // namespace

StatusCode check_call(const Call& call, const CallPlace& place, const Buffers& buffers, bool needs_buffers) {
  const std::optional<CallExtents> extents = gridlock::check_call(call, place.group_rank, place.group_size);
  if (!extents || !fits(call, call.input, extents->input, buffers, needs_buffers) ||
      !fits(call, call.output, extents->output, buffers, needs_buffers)) {
    return StatusCode::invalid_argument;
  }
  return StatusCode::ok;
}

}  // namespace gridlock::sim
