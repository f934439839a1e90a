#include "gloo_backend/host_buffers.h"

#include <algorithm>

#include "core/rank/buffer_check.h"

namespace gridlock {

BufferHandle HostBuffers::allocate(std::int64_t count, DType dtype) {
  check_new_buffer(count);
  auto buffer = std::make_shared<HostBuffer>();
  buffer->count = count;
  buffer->dtype = dtype;
  buffer->bytes.resize(static_cast<std::size_t>(count) * dtype_size(dtype));
  const auto vacant = std::find(buffers_.begin(), buffers_.end(), nullptr);
  const auto place = vacant - buffers_.begin();
  if (vacant == buffers_.end()) {
    buffers_.push_back(std::move(buffer));
  } else {
    *vacant = std::move(buffer);
  }
  return static_cast<BufferHandle>(place);
}

void HostBuffers::free(BufferHandle handle) {
  if (find(handle) != nullptr) buffers_[static_cast<std::size_t>(handle)].reset();
}

std::shared_ptr<HostBuffer> HostBuffers::find(BufferHandle handle) const {
  const auto place = static_cast<std::size_t>(handle);
  return place < buffers_.size() ? buffers_[place] : nullptr;
}

}  // namespace gridlock
