#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/rank/call.h"

namespace gridlock {

/// Elements of one rank in host memory. Shared between the rank, which may free it, and the open calls that
/// use it.
struct HostBuffer {
  std::int64_t count = 0;
  DType dtype = DType::float32;
  std::vector<std::byte> bytes;
};

/// The buffers of one rank. Used by its main thread only; open calls hold what they use.
class HostBuffers {
 public:
  /// Zero-filled. Requires: count >= 0.
  BufferHandle allocate(std::int64_t count, DType dtype);
  /// Does nothing for a handle that is not live.
  void free(BufferHandle handle);
  /// nullptr unless live.
  std::shared_ptr<HostBuffer> find(BufferHandle handle) const;

 private:
  std::vector<std::shared_ptr<HostBuffer>> buffers_;
};

}  // namespace gridlock
