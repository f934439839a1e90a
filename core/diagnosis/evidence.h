#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/history/histories.h"

namespace gridlock {

/// A rank's collectives on one group, oldest first: `made` of them were called, the rest is planned.
struct CallList {
  std::vector<const Record*> calls;
  std::size_t made = 0;

  /// The call with that place in the group's order; null when the rank did not make (or, with `planned`,
  /// intend) it.
  const Record* find(std::int32_t sequence, bool planned = false) const;
  /// Place of the last call, made or planned; -1 when there is none.
  std::int32_t last_sequence() const;
};

/// One end of a transfer: what a rank would have to call so that a given send or recv finds its partner.
struct TransferEnd {
  RankId rank = kNoRank;
  InstanceId instance = InstanceId::none;
  CallKind kind = CallKind::send;
  GroupRank peer = -1;
  std::int32_t sequence = 0;
  /// Of a gloo group, which matches messages by tag; 0 elsewhere.
  std::int32_t tag = 0;
};

/// Questions about single ranks of a run, answered from the histories alone. Remembers what it looked up, per
/// class of ranks with equal histories, so that a large run costs little more than a small one. Used by one
/// judge, on one thread.
class Evidence {
 public:
  explicit Evidence(const Histories& histories);

  const Histories& histories() const { return histories_; }
  RankId world_size() const { return static_cast<RankId>(histories_.ranks.size()); }
  const RankEnd& end(RankId rank) const { return histories_.ranks[static_cast<std::size_t>(rank)]; }
  /// Of its main thread.
  HostState state(RankId rank) const { return end(rank).state; }
  // Hosts. Those that are smaller than world_size() are the main threads of the ranks; behind them come the
  // other threads that had not ended, by rank. What is said of a rank's host is said of its main thread.
  int host_count() const { return world_size() + static_cast<int>(threads_.size()); }
  RankId rank_of(int host) const { return host < world_size() ? host : thread(host).rank; }
  HostState host_state(int host) const;
  /// The last thing that this thread did; null when it did nothing.
  const Record* host_last(int host) const;
  /// RankEnd::connection of the host.
  std::int32_t connection(int host) const;
  /// Virtual time at which a running host would be done, and what it works on.
  Nanos busy_until(int host) const;
  const Label& work_label(int host) const;
  /// "" of a main thread.
  std::string thread_name(int host) const;
  /// All hosts of a rank, the main thread first.
  std::vector<int> hosts_of(RankId rank) const;
  bool has_threads(RankId rank) const { return !end(rank).threads.empty(); }
  /// The host that would make a call of the rank: the thread that a planned record names, where it has not
  /// ended, else the main one.
  int host_of(RankId rank, const Record* planned) const;

  /// Died or left before its end: nothing of its device work goes on.
  bool is_gone(RankId rank) const {
    return state(rank) == HostState::crashed || state(rank) == HostState::exited;
  }
  /// Its process was suspended: it would go on by itself only when continued.
  bool is_suspended(RankId rank) const { return end(rank).is_suspended; }
  /// Whether the last thing that happened to the rank is that its wait ended without what it waited for: a
  /// timeout, or a peer that is gone. What it did then is a consequence.
  bool was_let_down(RankId rank) const;
  /// Whether the run says what programs still intended. If it does, a rank without planned calls intends
  /// nothing.
  bool has_plans() const { return has_plans_; }
  /// Whether all that the rank's program intended is known: only then does a call that is not there tell
  /// anything.
  bool has_whole_plan(RankId rank) const;

  /// History without planned calls and faults; empty when the rank did nothing.
  HistoryNode last_node(RankId rank) const;
  /// The last thing the rank's main thread did; null when it did nothing.
  const Record* last(RankId rank) const { return host_last(rank); }
  /// First refused call of the rank; null when there is none.
  const Record* first_rejected(RankId rank) const;

  InstanceId instance(const Record& record, RankId rank) const;
  const Members& members(InstanceId instance) const;
  const CallList& collectives(RankId rank, InstanceId instance);
  /// Null when that end was not called; with `planned`, intended calls count.
  const Record* find(const TransferEnd& end, bool planned = false) const;
  /// Place of the last such call of the rank, made or planned; -1 when there is none. `end.sequence` is
  /// ignored.
  std::int32_t last_sequence(const TransferEnd& end) const;
  /// Place of the first such call that the rank's history has; -1 when there is none.
  std::int32_t first_sequence(const TransferEnd& end) const;
  /// All such calls of the rank, oldest first, made and planned. `end.sequence` is ignored.
  CallList transfers(const TransferEnd& end) const;
  /// Whether a record of the end's rank is one of its calls, whatever its place among them.
  bool is_at(const TransferEnd& end, const Record& record) const;
  /// TransferEnd::tag of a send or recv on that group.
  std::int32_t tag_of(const Record& transfer, InstanceId instance) const;
  /// The end that a send or recv of `rank` has to meet.
  TransferEnd other_end(RankId rank, const Record& transfer) const;

  /// Whether a real call's ticket had not completed at the end.
  bool is_open(RankId rank, const Record& call) const;
  /// The calls of one ticket, in program order.
  std::span<const Record* const> calls_of(RankId rank, std::int64_t ticket);

 private:
  /// A host that is no main thread.
  struct Thread {
    RankId rank;
    const ThreadEnd* end;
    const Record* last;
  };
  const Thread& thread(int host) const { return threads_[static_cast<std::size_t>(host - world_size())]; }
  const Record* last_of(RankId rank, std::int32_t thread) const;
  void add_threads();

  const Histories& histories_;
  bool has_plans_ = false;
  std::vector<Thread> threads_;
  /// Index = rank: the number of its first thread in threads_. Empty where no rank has threads.
  std::vector<int> first_thread_;
  /// Index = node.
  std::vector<HistoryNode> last_real_;
  std::vector<HistoryNode> first_rejected_;
  // Only looked up, never walked, so their order cannot show.
  std::unordered_map<std::uint64_t, CallList> collectives_;
  std::unordered_map<std::uint64_t, std::vector<const Record*>> tickets_;
};

/// Parked in a request that only others can end. A rank that waits for its own threads is.
bool is_waiting(HostState state);

/// Whether a record is a collective, or an intended one, that takes a place in its group's order.
bool is_collective(const Record& record);
/// The same for sends and receives.
bool is_transfer(const Record& record);

}  // namespace gridlock
