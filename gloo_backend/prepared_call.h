#pragma once

#include <memory>

#include "core/base/status.h"
#include "core/rank/call.h"
#include "core/world/host_groups.h"
#include "gloo_backend/host_buffers.h"

namespace gridlock {

/// A call that was accepted, with everything that a worker thread needs to run it: nothing in here changes
/// any more, and the buffers stay alive.
struct PreparedCall : HostCall {
  std::shared_ptr<HostBuffer> input_buffer;
  std::shared_ptr<HostBuffer> output_buffer;
};

/// Fills in the memory of an accepted call, after the checks of core/rank/call_check.h and of its buffers:
/// live, of the call's dtype and large enough. The same buffer as input and output means the operation's
/// in-place form: the own share lies at its place inside the larger extent. `prepared` is of no use unless ok
/// was returned.
StatusCode prepare_call(const Call& call, const HostBuffers& buffers, PreparedCall& prepared);

}  // namespace gridlock
