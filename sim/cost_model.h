#pragma once

#include <cstdint>

#include "core/base/units.h"
#include "core/data/operation.h"
#include "core/world/semantics.h"

namespace gridlock::sim {

/// Bytes that one rank's link carries for one operation over `group_size` ranks, by the bus-bandwidth factors
/// of nccl-tests (doc/PERFORMANCE.md): all_reduce 2(n-1)/n, all_gather, reduce_scatter and all_to_all (n-1)/n
/// of the whole buffer, broadcast and reduce 1; gather and scatter n-1 shares at the root; send and recv
/// their bytes; barrier none. `bytes` are those of `count` elements as the call counts them (whole buffer, or
/// one rank's share; for the uneven operations the largest sum that one rank moves). Saturates instead of
/// overflowing. Requires: bytes >= 0, size >= 1.
std::int64_t wire_bytes(CallKind kind, GroupRank group_size, std::int64_t bytes);

/// The profile's time, where it knows the operation: of a group size that was not measured at the bytes that
/// put as much on the wire in the size that speaks for it; an operation that was not measured counts as its
/// nearest kin (barrier: all_reduce; reduce: broadcast; uneven: even; all_to_all, gather, scatter:
/// all_gather; recv: send). Without a profile, for groups of one and for the rest: latency + wire bytes /
/// bandwidth, rounded down to a nanosecond. Saturates.
Nanos operation_cost(const CostParameters& parameters, CallKind kind, GroupRank group_size,
                     std::int64_t bytes);

}  // namespace gridlock::sim
