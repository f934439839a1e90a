#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "nccl_backend/faults.h"

namespace gridlock {

/// A piece of device memory.
struct DeviceBlock {
  CudaPointer address = 0;
  std::size_t bytes = 0;
};

/// Device memory of one rank. Blocks that nobody holds any more are kept and given out again: the driver's
/// own free waits for everything that runs on the device, which on a rank that hangs is for ever.
class DeviceMemory {
 public:
  /// Shared between whoever allocated it and the open calls that use it.
  using Block = std::shared_ptr<const DeviceBlock>;

  /// Both outlive this.
  DeviceMemory(const CudaApi& cuda, Faults& faults) : cuda_(cuda), faults_(faults) {}
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// At least `bytes`, not cleared. nullptr, and a fault, when there is none. No bytes: a block at address 0.
  /// This outlives the block.
  Block allocate(std::size_t bytes);
  /// Gives everything back to the driver. Requires: no block is used any more, on the device either.
  void release();

 private:
  const CudaApi& cuda_;
  Faults& faults_;
  std::map<std::size_t, std::vector<CudaPointer>> unused_;
  std::vector<CudaPointer> all_;
};

}  // namespace gridlock
