#pragma once

#include <cstdint>
#include <map>

#include "core/rank/call.h"
#include "nccl_backend/device_memory.h"

namespace gridlock {

/// Elements of one rank in device memory. A value; copies share the memory.
struct DeviceBuffer {
  std::int64_t count = 0;
  DType dtype = DType::float32;
  DeviceMemory::Block block;

  std::size_t bytes() const { return static_cast<std::size_t>(count) * dtype_size(dtype); }
};

/// The buffers of one rank. Open calls hold copies of what they use.
class DeviceBuffers {
 public:
  /// The memory outlives this.
  explicit DeviceBuffers(DeviceMemory& memory) : memory_(memory) {}

  /// A buffer without memory, and a fault, when there is none left. Requires: count >= 0.
  BufferHandle allocate(std::int64_t count, DType dtype);
  /// Does nothing for a handle that is not live.
  void free(BufferHandle handle) { buffers_.erase(handle); }
  /// nullptr unless live.
  const DeviceBuffer* find(BufferHandle handle) const;
  void clear() { buffers_.clear(); }

 private:
  DeviceMemory& memory_;
  std::map<BufferHandle, DeviceBuffer> buffers_;
  std::int32_t next_ = 0;
};

}  // namespace gridlock
