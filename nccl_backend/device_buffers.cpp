#include "nccl_backend/device_buffers.h"

#include "core/rank/buffer_check.h"

namespace gridlock {

BufferHandle DeviceBuffers::allocate(std::int64_t count, DType dtype) {
  check_new_buffer(count);
  DeviceBuffer buffer{count, dtype, nullptr};
  buffer.block = memory_.allocate(buffer.bytes());
  const auto handle = static_cast<BufferHandle>(next_++);
  buffers_.emplace(handle, std::move(buffer));
  return handle;
}

const DeviceBuffer* DeviceBuffers::find(BufferHandle handle) const {
  const auto known = buffers_.find(handle);
  return known == buffers_.end() ? nullptr : &known->second;
}

}  // namespace gridlock
