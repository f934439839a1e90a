#pragma once

#include <optional>
#include <span>
#include <vector>

#include "nccl_backend/communicators.h"
#include "nccl_backend/device.h"
#include "nccl_backend/enqueue.h"

namespace gridlock {

/// Puts the calls of submits on their streams. Used by the rank's main thread.
class CallQueue {
 public:
  /// All outlive this.
  CallQueue(const GpuApi& api, Faults& faults, Device& device, Communicators& communicators)
      : api_(api), faults_(faults), device_(device), communicators_(communicators) {}

  /// Enqueues the calls of one submit but for those that HostCalls carries, several of them as one group of
  /// NCCL, and comes back when NCCL has
  /// taken them in. May park: the first use of a peer waits for it. False after a fault, or when the run
  /// ended meanwhile.
  bool enqueue(std::span<const GpuCall> calls);

  /// Lets go of device memory.
  void clear() { scratch_.reset(); }

 private:
  struct Entry {
    const GpuCall* call;
    EnqueuePlace place;
    bool has_premul_op = false;
  };

  bool is_supported(const GpuCall& call);
  std::optional<Entry> entry_for(const GpuCall& call);
  bool copy(const GpuCall& call);
  bool call_nccl(std::span<const Entry> entries);
  bool settle(std::span<const Entry> entries);

  const GpuApi& api_;
  Faults& faults_;
  Device& device_;
  Communicators& communicators_;
  DeviceMemory::Block scratch_;
  /// Those of the submit that is being enqueued; kept for its memory.
  std::vector<Entry> entries_;
};

}  // namespace gridlock
