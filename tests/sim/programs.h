#pragma once

#include <string>

#include "core/rank/rank.h"
#include "sim/sim_world.h"

/// Short spellings for programs of tests. Calls carry no buffers, so runs are in shape mode unless a test
/// says otherwise.
namespace gridlock {

inline RunOptions shape_options() {
  RunOptions options;
  options.payload = Payload::shape;
  return options;
}

inline Call all_reduce(std::int64_t count = 1, StreamId stream = StreamId::main,
                       GroupHandle group = GroupHandle::world) {
  Call call;
  call.kind = CallKind::all_reduce;
  call.count = count;
  call.stream = stream;
  call.group = group;
  return call;
}

inline Call message(CallKind kind, GroupRank peer, std::int64_t count = 1) {
  Call call;
  call.kind = kind;
  call.peer = peer;
  call.count = count;
  return call;
}
inline Call send(GroupRank peer, std::int64_t count = 1) { return message(CallKind::send, peer, count); }
inline Call recv(GroupRank peer, std::int64_t count = 1) { return message(CallKind::recv, peer, count); }

inline std::string outcome_of(const RunResult& result) {
  return std::string(outcome_name(result.verdict.outcome));
}

inline HostState host_of(const RunResult& result, RankId rank) {
  return result.histories->ranks[static_cast<std::size_t>(rank)].state;
}

inline Reply record_event(Rank& rank, StreamId stream) {
  Request request;
  request.kind = RequestKind::record;
  request.stream = stream;
  return rank.execute(request);
}

inline Status wait_event(Rank& rank, StreamId stream, EventId event) {
  Request request;
  request.kind = RequestKind::stream_wait;
  request.stream = stream;
  request.event = event;
  return rank.execute(request).status;
}

}  // namespace gridlock
