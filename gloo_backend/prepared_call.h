#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/status.h"
#include "core/grid/group_table.h"
#include "core/rank/call.h"
#include "gloo_backend/host_buffers.h"

namespace gridlock {

/// A call that was accepted, with everything that a worker thread needs to run it: nothing in here changes
/// any more, and the buffers stay alive.
struct PreparedCall {
  CallKind kind = CallKind::barrier;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  GroupRank peer = -1;
  std::int64_t count = 0;
  double scalar = 1.0;
  std::vector<std::int64_t> counts;

  InstanceId instance = InstanceId::none;
  GroupKey key;
  Members members;
  /// Own rank in the group, and the call's number in its order.
  GroupRank rank = kNoRank;
  std::int32_t sequence = 0;

  std::shared_ptr<HostBuffer> input_buffer;
  std::shared_ptr<HostBuffer> output_buffer;
  /// Exactly what the operation reads and writes on this rank; empty when it does not.
  std::span<const std::byte> input;
  std::span<std::byte> output;

  GroupRank size() const { return members.size(); }
};

/// Fills in what `call` says, after the checks of core/rank/call_check.h and of its buffers: live, of the
/// call's dtype and large enough. The same buffer as input and output means the operation's in-place form:
/// the own share lies at its place inside the larger extent. Requires: instance, key, members and rank are
/// set. `prepared` is of no use unless ok was returned.
StatusCode prepare_call(const Call& call, const HostBuffers& buffers, PreparedCall& prepared);

}  // namespace gridlock
