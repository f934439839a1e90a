#include "sim/buffers.h"

#include <new>

#include "core/base/check.h"

namespace gridlock::sim {

BufferHandle Buffers::allocate(std::int64_t count, DType dtype, bool has_bytes, ContributorId contributors) {
  GRIDLOCK_CHECK(count >= 0);
  std::size_t place = 0;
  if (live_count_ == buffers_.size()) {
    place = buffers_.size();
    buffers_.emplace_back();
  }
  while (buffers_[place].live) ++place;
  ++live_count_;
  Buffer& buffer = buffers_[place];
  buffer.count = count;
  buffer.dtype = dtype;
  buffer.live = true;
  buffer.contributors = contributors;
  if (has_bytes && count > 0) {
    // calloc gets large blocks from the system as zero pages, which cost nothing until they are touched.
    buffer.bytes.reset(
        static_cast<std::byte*>(std::calloc(static_cast<std::size_t>(count), dtype_size(dtype))));
    if (buffer.bytes == nullptr) {
      release(buffer);
      throw std::bad_alloc();
    }
  }
  return static_cast<BufferHandle>(place);
}

void Buffers::free(BufferHandle handle) {
  Buffer* buffer = find(handle);
  if (buffer == nullptr) return;
  if (buffer->open_uses > 0) {
    buffer->doomed = true;
  } else {
    release(*buffer);
  }
}

void Buffers::release(Buffer& buffer) {
  buffer = Buffer{};
  --live_count_;
}

Buffer* Buffers::find(BufferHandle handle) {
  const auto place = static_cast<std::size_t>(handle);
  return place < buffers_.size() && buffers_[place].live && !buffers_[place].doomed ? &buffers_[place]
                                                                                    : nullptr;
}

const Buffer* Buffers::find(BufferHandle handle) const { return const_cast<Buffers*>(this)->find(handle); }

void Buffers::release_use(Buffer& buffer) {
  if (--buffer.open_uses == 0 && buffer.doomed) release(buffer);
}

}  // namespace gridlock::sim
