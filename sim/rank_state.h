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

/// What a host thread is parked in.
enum class Park : std::uint8_t {
  none,
  submit,       ///< a stream is full; subject: none
  gloo_submit,  ///< a group that blocks its host; subject: ticket
  wait,         ///< subject: ticket
  synchronize,  ///< subject: stream
  await,        ///< subject: host edge
  create,
  connect,  ///< inside submit; subject: work, which is enqueued when the host goes on
  destroy,  ///< subject: instance
  compute,  ///< subject: virtual time of its end
  turn,     ///< what it asks for has to be in its order with what other ranks do
  hang,     ///< a fault: for ever
  join,     ///< until the rank's other threads have ended
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

/// Where one host thread is parked.
struct ThreadState {
  Park park = Park::none;
  /// It is or was in Park::connect, and enqueues its work when it goes on; whether that blocks it.
  bool holds_work = false;
  bool held_blocks_host = false;
  /// When it goes on, it waits for the ticket of its reply: its submit and the wait were one request.
  bool waits_next = false;
  /// Counts parkings, so that a deadline can tell whether it is still about this one.
  std::uint32_t park_count = 0;
  std::int64_t park_subject = 0;
  Nanos since{0};
  /// The answer to the request in which the thread is parked.
  Reply reply;
  FiberHost::Fiber* fiber = nullptr;
};

/// What the engine knows about one rank, and of its main thread. Small, as a world has up to millions of
/// them: three cache lines, and what every request needs lies in two of them.
struct alignas(64) RankState : ThreadState {
  HistoryNode node = HistoryNode::empty;
  /// How the program ended, once it has.
  HostState end = HostState::returned;
  std::int8_t complaints = 0;
  /// Other threads that have not ended.
  std::int16_t open_threads = 0;
  /// The thread whose request is answered, as in Record::thread.
  std::int32_t thread = -1;
  /// Index in `groups` of the one that was used last.
  std::uint32_t recent_group = 0;
  std::int64_t next_ticket = 0;
  std::unique_ptr<StepMachine> machine;
  std::vector<GroupUse> groups;
  /// Tickets whose waits do not end with ok, and how they end.
  std::vector<std::pair<Ticket, StatusCode>> failed;
  Buffers buffers;
  std::uint64_t results = 0;
};
static_assert(sizeof(RankState) == 192);

/// A host thread of a rank beside the main one.
struct SideThread : ThreadState {
  SideThread() { park = Park::ended; }
  /// Owned by the machine that started it.
  StepMachine* machine = nullptr;
  /// Number of its name in the store.
  std::int32_t name = -1;
};

}  // namespace gridlock::sim
