#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/base/units.h"
#include "nccl_backend/device_memory.h"

namespace gridlock {

/// The GPU of one rank: its context, streams, events and memory. Streams do not wait for the legacy stream,
/// nor for each other. Whatever fails is a fault. Used by the rank's main thread.
class Device {
 public:
  /// Both outlive this. Touches nothing.
  Device(const CudaApi& cuda, Faults& faults) : cuda_(cuda), faults_(faults), memory_(cuda, faults) {}

  /// Takes GPU `ordinal` for the calling thread.
  bool open(int ordinal);
  /// Gives back everything that was taken; events that acquire_event gave out must have been released.
  /// Requires: nothing runs on the device any more.
  void close();

  DeviceMemory& memory() { return memory_; }
  /// Made at first use; nullopt after a fault.
  std::optional<CudaStream> stream(StreamId id);
  /// Whether all work on the stream so far is complete: also of a stream that was never used. Nothing after
  /// a fault.
  std::optional<bool> is_idle(StreamId id);

  std::optional<CudaEvent> acquire_event();
  void release_event(CudaEvent event) { unused_events_.push_back(event); }
  bool record(CudaEvent event, CudaStream stream);
  std::optional<bool> is_complete(CudaEvent event);

  // Copies between host and device on a stream of their own: complete when they return, also while other
  // streams hang.
  bool upload(CudaPointer to, std::span<const std::byte> bytes);
  bool download(CudaPointer from, std::span<std::byte> bytes);

 private:
  std::optional<CudaStream> make_stream();

  const CudaApi& cuda_;
  Faults& faults_;
  DeviceMemory memory_;
  CudaDevice device_ = -1;
  bool has_context_ = false;
  std::optional<CudaStream> copies_;
  std::map<StreamId, CudaStream> streams_;
  std::vector<CudaEvent> events_;
  std::vector<CudaEvent> unused_events_;
};

}  // namespace gridlock
