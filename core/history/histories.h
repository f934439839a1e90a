#pragma once

#include <cstdint>
#include <vector>

#include "core/base/label.h"
#include "core/grid/group_table.h"
#include "core/history/history.h"

namespace gridlock {

/// Where a rank's host stood when the run ended. The rank's last record says which call, ticket or name it is
/// about.
enum class HostState : std::uint8_t {
  unknown,     ///< no history of this rank
  running,     ///< cut off while it ran (step limit, real timeout outside any call)
  submitting,  ///< parked inside submit
  waiting,     ///< parked in wait or synchronize
  awaiting,    ///< parked in await
  creating,    ///< parked in new_group or create_grid
  returned,    ///< its program ended
  exited,      ///< left before the end of its program
  crashed,     ///< died
  connecting,  ///< parked inside submit until the hosts of other ranks come: first use of a group or pair
  destroying,  ///< parked in destroy_group until the other members destroy the group too
  unseen,      ///< made no further call, and the source of the history does not show what its host does: it
               ///< works, waits outside of calls, or has ended
  joining,     ///< parked until its other host threads have ended
};

/// Work of one stream that had not completed: every ticket on that stream from first_open on. Tickets
/// complete in order within a stream; the first open one is the only one that can have started.
struct OpenWork {
  StreamId stream = StreamId::main;
  Ticket first_open = Ticket::none;
  /// Nothing is before it on its streams, but the device has no room for it (Semantics::kernel_slots,
  /// launch_order_implicit).
  bool waits_for_slot = false;
};

/// Time of what will not happen.
inline constexpr Nanos kNever = Nanos::max();

/// Where a host thread stood that had not ended; the fields mean what they mean in RankEnd.
struct ThreadEnd {
  /// Number of its name in the store, as in Record::thread.
  std::int32_t name = -1;
  HostState state = HostState::running;
  Nanos since{0};
  Nanos busy_until{0};
  Label label;
  std::int32_t connection = -1;
};

/// How far one rank came: its history and where its host and its device work stood at the end.
struct RankEnd {
  HistoryNode node = HistoryNode::empty;
  HostState state = HostState::unknown;
  /// Virtual time since which it is in that state.
  Nanos since{0};
  std::vector<OpenWork> open;
  /// Running: virtual time at which its host work would be done; kNever when it hangs, 0 when not known.
  Nanos busy_until{0};
  /// Running: what it works on.
  Label label;
  /// Index into Histories::connections of what a connecting or destroying rank waits for; -1: not known.
  std::int32_t connection = -1;
  /// The history begins in the middle of what the rank did: earlier records were lost (a ring buffer).
  bool starts_late = false;
  /// Its process was suspended (SIGSTOP, a debugger): it would have gone on from its state once continued.
  bool is_suspended = false;
  /// Order-independent sum over the hashes of all outputs this rank received (group key, sequence, bytes).
  std::uint64_t results = 0;
  /// Its other host threads, where state is that of the main one: joining.
  std::vector<ThreadEnd> threads;
};

/// Hosts that meet before anything is enqueued: the members of a group that make its communicator or destroy
/// it. Whoever came waits for whoever did not.
struct Connection {
  InstanceId instance = InstanceId::none;
  std::vector<RankId> absent;
};

/// Calls that met without being alike and completed nevertheless (OnMismatch::emulate).
struct SilentMismatch {
  InstanceId instance = InstanceId::none;
  std::int32_t sequence = 0;
  /// Group ranks of sender and receiver of a message; -1 for a collective.
  GroupRank from = -1;
  GroupRank to = -1;
};

/// Messages of an ordered pair that were sent and never received, from number `first` on.
struct Unreceived {
  InstanceId instance = InstanceId::none;
  GroupRank from = 0;
  GroupRank to = 0;
  std::int32_t first = 0;
  /// Of a gloo group, which matches messages by tag.
  std::int32_t tag = 0;
};

/// One of the calls of a ticket, counted from 0 in the order of their records.
struct TicketCall {
  Ticket ticket = Ticket::none;
  std::int32_t index = 0;
};

/// Two calls of a rank that touch one buffer, one of them writing, and that nothing orders.
struct BufferRace {
  RankId rank = kNoRank;
  BufferHandle buffer = BufferHandle::none;
  TicketCall first;
  TicketCall second;
};

/// Everything the analyser sees of a run, from whichever world, complete or partial. A value with the run's
/// tables.
struct Histories {
  explicit Histories(RankId world_size) : groups(world_size), ranks(static_cast<std::size_t>(world_size)) {}

  GroupTable groups;
  SiteTable sites;
  HistoryStore store;
  /// Index = world rank.
  std::vector<RankEnd> ranks;
  std::vector<Connection> connections;
  /// Virtual time of this state (real worlds: 0).
  Nanos time{0};
  std::vector<SilentMismatch> silent_mismatches;
  std::vector<Unreceived> unreceived;
  std::vector<BufferRace> buffer_races;
  /// Ranks of one host, whose GPUs they are in this order; 0: one host.
  RankId ranks_per_node = 0;
};

}  // namespace gridlock
