#pragma once

#include "core/base/status.h"
#include "core/rank/call.h"
#include "sim/buffers.h"

namespace gridlock::sim {

/// A call as its own rank sees it.
struct CallPlace {
  GroupRank group_rank = 0;
  GroupRank group_size = 1;
};

/// Everything that is checked before a call is enqueued: the checks of core/rank/call_check.h, and buffers
/// that are live, of the call's dtype and large enough. Buffers may be left out in shape mode. The same
/// buffer as input and output means the operation's in-place form: the own share lies at its place inside the
/// larger extent.
StatusCode check_call(const Call& call, const CallPlace& place, const Buffers& buffers, bool needs_buffers);

}  // namespace gridlock::sim
