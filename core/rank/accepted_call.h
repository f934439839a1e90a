#pragma once

#include <cstdint>
#include <vector>

#include "core/grid/group_table.h"
#include "core/rank/call.h"

namespace gridlock {

/// A call that a real world has accepted: its arguments, kept for as long as it is open, and what its group
/// handle means on this rank.
struct AcceptedCall {
  CallKind kind = CallKind::barrier;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  StreamId stream = StreamId::main;
  GroupRank peer = -1;
  std::int64_t count = 0;
  double scalar = 1.0;
  /// Of a message in a gloo group, which matches by it (G01).
  std::int32_t tag = 0;
  std::vector<std::int64_t> counts;

  InstanceId instance = InstanceId::none;
  BackendKind backend = BackendKind::nccl;
  GroupKey key;
  GroupRank size = 0;
  /// Own rank in the group.
  GroupRank rank = kNoRank;
  /// The call's number in its order; set when it is recorded.
  std::int32_t sequence = 0;
};

/// The call as `rank` of `group` makes it.
inline AcceptedCall accepted_call(const Call& call, InstanceId instance, const GroupInstance& group,
                                  RankId rank) {
  const bool has_tag = call.notes != nullptr && group.spec.backend == BackendKind::gloo;
  return {call.kind,
          call.dtype,
          call.op,
          call.stream,
          call.peer,
          call.count,
          call.scalar,
          has_tag ? call.notes->tag : 0,
          {call.counts.begin(), call.counts.end()},
          instance,
          group.spec.backend,
          group.key,
          group.spec.members.size(),
          group.spec.members.index_of(rank)};
}

}  // namespace gridlock
