#include "core/rank/buffer_check.h"

#include <string>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

std::string name_of(BufferHandle buffer) {
  return "buffer " + std::to_string(static_cast<std::int32_t>(buffer));
}

}  // namespace

void check_new_buffer(std::int64_t count) {
  if (count < 0) throw InputError("allocate", std::to_string(count) + " elements; expected 0 or more");
}

void check_live_buffer(BufferHandle buffer, bool is_live) {
  if (!is_live) throw InputError(name_of(buffer), "was never allocated by this rank, or has been freed");
}

void check_whole_buffer(BufferHandle buffer, std::size_t buffer_bytes, std::size_t host_bytes) {
  if (buffer_bytes == host_bytes) return;
  throw InputError(name_of(buffer),
                   "has " + std::to_string(buffer_bytes) + " bytes, and " + std::to_string(host_bytes) +
                       " bytes are to be copied",
                   "upload and download move the whole buffer");
}

}  // namespace gridlock
