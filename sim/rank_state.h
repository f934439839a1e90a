#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/history/histories.h"
#include "core/rank/request.h"
#include "core/rank/step_machine.h"
#include "sim/buffers.h"
#include "sim/fiber_host.h"

namespace gridlock::sim {

/// What the host of a rank is parked in.
enum class Park : std::uint8_t {
  none,
  submit,       ///< a stream is full; subject: none
  gloo_submit,  ///< a group that blocks its host; subject: ticket
  wait,         ///< subject: ticket
  synchronize,  ///< subject: stream
  await,        ///< subject: host edge
  create,
  connect,  ///< inside submit; subject: work, which is enqueued when the rank goes on
  destroy,  ///< subject: instance
  compute,  ///< subject: virtual time of its end
  turn,     ///< what it asks for has to be in its order with what other ranks do
  hang,     ///< a fault: for ever
  ended,    ///< the program has returned, left or thrown
};

/// One rank's use of a group: which instance a handle means here, and how many collectives it has submitted
/// there. Handles that mean the same instance share the count of the first of them.
struct GroupUse {
  GroupHandle handle = GroupHandle::none;
  InstanceId instance = InstanceId::none;
  GroupRank group_rank = -1;
  std::int32_t next_sequence = 0;
  /// Index of the use that keeps the count, its own unless it is an alias.
  std::int32_t counted_by = 0;
  bool destroyed = false;
};

/// What the engine knows about one rank. Small, as a world has up to millions of them; what every request
/// needs comes first and lies in two cache lines.
struct alignas(64) RankState {
  HistoryNode node = HistoryNode::empty;
  Park park = Park::none;
  /// How the program ended, once it has.
  HostState end = HostState::returned;
  std::int8_t complaints = 0;
  /// It is or was in Park::connect, and enqueues its work when it goes on; whether that blocks its host.
  bool holds_work = false;
  bool held_blocks_host = false;
  /// Counts parkings, so that a deadline can tell whether it is still about this one.
  std::uint32_t park_count = 0;
  /// Index in `groups` of the one that was used last.
  std::uint32_t recent_group = 0;
  std::int64_t park_subject = 0;
  std::int64_t next_ticket = 0;
  Nanos since{0};
  /// The answer to the request in which the rank is parked.
  Reply reply;
  std::unique_ptr<StepMachine> machine;
  std::vector<GroupUse> groups;
  /// Tickets whose waits do not end with ok, and how they end.
  std::vector<std::pair<Ticket, StatusCode>> failed;
  FiberHost::Fiber* fiber = nullptr;
  Buffers buffers;
  std::uint64_t results = 0;
  /// Of the host work that it does.
  Label label;
};

}  // namespace gridlock::sim
