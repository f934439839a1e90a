#pragma once

#include <cstddef>
#include <cstdint>

#include "core/rank/call.h"

namespace gridlock {

// What every world checks before a program touches its buffers. Each throws InputError through the program
// that asked, which ends its rank as any other exception does.

/// A buffer may have `count` elements: not fewer than none.
void check_new_buffer(std::int64_t count);
/// The handle means a buffer that was allocated and not freed.
void check_live_buffer(BufferHandle buffer, bool is_live);
/// A copy moves all bytes of a buffer.
void check_whole_buffer(BufferHandle buffer, std::size_t buffer_bytes, std::size_t host_bytes);

}  // namespace gridlock
