#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/world/host_groups.h"
#include "launch/shared_log.h"
#include "nccl_backend/device.h"
#include "nccl_backend/gpu_call.h"

namespace gridlock {

/// The calls of groups whose backend is gloo: their inputs are copied to the host, their outputs back. Used
/// by the rank's main thread. Functions get a way to wait (which parks) and are false when that ended first.
class HostCalls {
 public:
  /// Waits until the condition holds; false when the run has ended or the rank can never go on.
  using Wait = std::function<bool(const std::function<bool()>&)>;

  /// All outlive this. Without `groups` such calls are refused.
  HostCalls(Device& device, Faults& faults, SharedLog& log, std::unique_ptr<HostGroups> groups)
      : device_(device), faults_(faults), log_(log), groups_(std::move(groups)) {}

  /// Whether the call belongs here. In groups of one the device copies.
  static bool carries(const GpuCall& call) { return call.backend == BackendKind::gloo && call.size > 1; }

  /// Connects all ranks, once. Every rank calls this.
  bool connect(const Wait& wait);
  /// Runs those of the calls that belong here, after all that their streams hold.
  bool run(std::span<const GpuCall> calls, const GroupTable& table, const Wait& wait);

 private:
  bool await(const Wait& wait);
  bool wait_for_streams(std::span<const GpuCall> calls, const Wait& wait);

  Device& device_;
  Faults& faults_;
  SharedLog& log_;
  std::unique_ptr<HostGroups> groups_;
  bool is_connected_ = false;
};

}  // namespace gridlock
