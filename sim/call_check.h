#pragma once

#include <span>

#include "core/call.h"
#include "core/status.h"
#include "sim/buffers.h"

namespace gridlock::sim {

/// A call as its own rank sees it.
struct CallPlace {
  GroupRank group_rank = 0;
  GroupRank group_size = 1;
};

/// The local checks of a call, before anything is enqueued (rule S18): root or peer in range, no negative
/// count, counts of the right number, a scalar that the type can hold, buffers that are live, of the call's
/// dtype and large enough, and sizes that do not overflow. Buffers may be left out in shape mode. The same
/// buffer as input and output means the operation's in-place form: the own share lies at its place inside the
/// larger extent.
StatusCode check_call(const Call& call, const CallPlace& place, const Buffers& buffers, bool needs_buffers);

}  // namespace gridlock::sim
