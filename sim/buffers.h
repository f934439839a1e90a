#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "core/rank/call.h"
#include "sim/provenance.h"

namespace gridlock::sim {

struct FreeBytes {
  void operator()(std::byte* bytes) const { std::free(bytes); }
};

/// Elements of one rank: their number and type, who contributed to them and, unless the run is in shape mode,
/// their bytes.
struct Buffer {
  std::int64_t count = 0;
  DType dtype = DType::float32;
  bool live = false;
  /// Freed by the program while a call used it; goes when that call is complete.
  bool doomed = false;
  std::int32_t open_uses = 0;
  ContributorId contributors{};
  std::unique_ptr<std::byte[], FreeBytes> bytes;

  std::size_t byte_count() const { return static_cast<std::size_t>(count) * dtype_size(dtype); }
  std::span<std::byte> span() const { return {bytes.get(), bytes == nullptr ? 0 : byte_count()}; }
};

/// The buffers of one rank. Handles of freed buffers are reused.
class Buffers {
 public:
  /// Zero-filled, so that a program that reads what it never wrote is as repeatable as any. Throws
  /// std::bad_alloc when the system has no room. Requires: count >= 0.
  BufferHandle allocate(std::int64_t count, DType dtype, bool has_bytes, ContributorId contributors);
  /// Does nothing for a handle that is not live.
  void free(BufferHandle handle);
  /// nullptr unless live.
  Buffer* find(BufferHandle handle);
  const Buffer* find(BufferHandle handle) const;
  /// Requires: live, or doomed and in use by an open call.
  Buffer& at(BufferHandle handle) { return buffers_[static_cast<std::size_t>(handle)]; }

  /// A call uses the buffer from its submit to its completion. `none` is allowed.
  void begin_use(BufferHandle handle) {
    if (handle != BufferHandle::none) ++at(handle).open_uses;
  }
  void end_use(BufferHandle handle) {
    if (handle != BufferHandle::none) release_use(at(handle));
  }

 private:
  void release_use(Buffer& buffer);
  void release(Buffer& buffer);

  std::vector<Buffer> buffers_;
  std::size_t live_count_ = 0;
};

}  // namespace gridlock::sim
