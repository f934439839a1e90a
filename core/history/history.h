#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/grid/group.h"
#include "core/rank/call.h"

namespace gridlock {

class Plan;

/// What a rank did; the comment names the fields of Record that belong to it.
enum class RecordKind : std::uint8_t {
  call,           ///< one call of a submit; the calls of a batch share a ticket
  wait,           ///< host waits for a ticket
  test,           ///< host looked whether a ticket is complete: the schedule may show
  stream_wait,    ///< a stream waits for an event
  event_record,   ///< a point in a stream
  synchronize,    ///< host waits for everything on a stream
  post,           ///< host edge: name
  await,          ///< host edge: name
  new_group,      ///< spec, creation index in the world
  create_grid,    ///< plan, creation index of its first creation
  destroy_group,  ///< group
  planned,   ///< a call that the program still intends (call, group, peer, sequence; the rest may be unknown)
             ///< or a post (is_planned_post; name), after the rank's last real record. A run has them for all
             ///< of its ranks or for none
  fault,     ///< something was done to the rank from outside: name
  timeout,   ///< the timeout of a group passed while the work of this ticket was open
  split,     ///< group, color (count), key (ticket), spec of what came of it, if anything
  shrink,    ///< group, spec
  abort,     ///< group
  parallel,  ///< the host starts threads and waits for their end
};

/// Facts of a record that the source of a history may not know; unknown matches anything.
enum UnknownField : std::uint16_t {
  kUnknownOp = 1,
  kUnknownPeer = 2,
  kUnknownCount = 4,
  kUnknownDType = 8,
  kUnknownStream = 16,
  kUnknownGroup = 32,
  kUnknownKind = 64,  ///< the operation; the call counts as a collective
};

/// One thing a rank did, written before the world is entered, without anything that differs between ranks
/// which behave alike: groups are rank-relative handles, peers are group ranks.
struct Record {
  RecordKind kind = RecordKind::call;
  CallKind call = CallKind::barrier;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  std::uint16_t unknown = 0;
  /// Refused at the call with not_a_member or invalid_argument: nothing was enqueued.
  bool rejected = false;
  /// Part of a batch, even if alone in it.
  bool batched = false;
  GroupHandle group = GroupHandle::none;
  StreamId stream = StreamId::main;
  GroupRank peer = -1;
  /// Index in its order on this rank, from 0: collectives per group instance; sends and receives per group
  /// instance and peer; creations per parent.
  std::int32_t sequence = 0;
  /// Ticket of a call, wait or test (the calls of a batch share one); event of event_record and stream_wait.
  std::int64_t ticket = -1;
  /// Elements of a call; color of a split; 1 of a post that fails. Of a creation: how many groups the rank
  /// had made before, plus one, where names of groups are counters (GroupNames), else 0.
  std::int64_t count = 0;
  double scalar = 1.0;
  /// Index into the store's side table that the kind needs: counts of an uneven call, spec of new_group, plan
  /// of create_grid, name of post and await. -1: none.
  std::int32_t detail = -1;
  /// Of a call: index into the store's call notes. -1: none.
  std::int32_t notes = -1;
  /// The host thread that did it, by the number of its name in the store; -1: the rank's main thread. The
  /// records of a rank's threads stand in the order in which they were made.
  std::int32_t thread = -1;
  Label label = {};
  /// To whole words: a record is hashed as it lies in memory, where nothing may be undefined.
  std::int32_t filler = 0;

  bool operator==(const Record&) const = default;
};

/// The record of a call: fields that mean nothing for its operation keep their defaults, so that they make no
/// difference. Left to the world: ticket, sequence, and detail for the counts of an uneven call.
Record call_record(const Call& call);

/// A rank's history up to some point, as a node of a tree that all ranks share. Ranks with equal nodes did
/// the same.
enum class HistoryNode : std::uint32_t { empty = 0 };

/// The interned histories of a run. Appending what another rank appended after the same past costs a lookup
/// and no memory. Owned by the world; used from one thread.
class HistoryStore {
 public:
  HistoryStore();

  /// The history `past` followed by `record`; the same node for every rank that appends an equal record
  /// there.
  HistoryNode append(HistoryNode past, const Record& record);

  HistoryNode past(HistoryNode node) const { return static_cast<HistoryNode>(nodes_[index(node)].past); }
  /// Requires: node is not empty.
  const Record& record(HistoryNode node) const { return records_[nodes_[index(node)].record]; }
  /// Number of records up to and including this node.
  std::int64_t length(HistoryNode node) const { return nodes_[index(node)].length; }
  /// Oldest first. O(length).
  std::vector<const Record*> records(HistoryNode node) const;
  std::size_t node_count() const { return nodes_.size(); }
  /// About how much memory the histories take; side tables are not counted.
  std::size_t byte_count() const;

  // Side tables of Record::detail. Equal contents get equal indexes, so that ranks which behave alike share
  // records.
  std::int32_t add_counts(std::span<const std::int64_t> counts);
  std::int32_t add_spec(const GroupSpec& spec);
  std::int32_t add_plan(std::shared_ptr<const Plan> plan);
  std::int32_t add_name(std::string_view name);
  std::int32_t add_notes(const CallNotes& notes);
  const std::vector<std::int64_t>& counts(std::int32_t detail) const {
    return counts_.at(static_cast<std::size_t>(detail));
  }
  const GroupSpec& spec(std::int32_t detail) const { return specs_.at(static_cast<std::size_t>(detail)); }
  const Plan& plan(std::int32_t detail) const { return *plans_.at(static_cast<std::size_t>(detail)); }
  const std::string& name(std::int32_t detail) const { return names_.at(static_cast<std::size_t>(detail)); }
  /// What is noted of a call; the usual where nothing is.
  const CallNotes& notes(const Record& record) const {
    const std::int32_t place = record.notes + 1;
    return notes_.at(static_cast<std::size_t>(place));
  }
  bool has_notes() const { return notes_.size() > 1; }

 private:
  struct Node {
    std::uint32_t past;
    std::uint32_t record;
    std::uint32_t length;
    /// Next node in the chain of equal hash, 0 at the end.
    std::uint32_t next_in_bucket;
    /// The node that was appended to this one last, 0 if none: mostly the one that the next rank appends.
    std::uint32_t recent;
  };

  static std::size_t index(HistoryNode node) { return static_cast<std::size_t>(node); }
  std::uint32_t child(std::uint32_t past, const Record& record);
  std::uint32_t intern(const Record& record, std::uint64_t hash);
  void grow_node_buckets();
  void grow_record_slots();

  std::vector<Node> nodes_;
  /// First node of each chain, 0 for none. The size is a power of two.
  std::vector<std::uint32_t> node_buckets_;
  std::vector<Record> records_;
  /// Index = record.
  std::vector<std::uint64_t> record_hashes_;
  /// Open addressing: record + 1, or 0. The size is a power of two.
  std::vector<std::uint32_t> record_slots_;
  // Candidates with an equal hash. Only looked up, never walked, so their order cannot show.
  std::unordered_multimap<std::uint64_t, std::int32_t> counts_ids_;
  std::unordered_multimap<std::uint64_t, std::int32_t> spec_ids_;
  std::unordered_multimap<std::uint64_t, std::int32_t> plan_ids_;
  std::unordered_multimap<std::uint64_t, std::int32_t> name_ids_;
  std::unordered_multimap<std::uint64_t, std::int32_t> notes_ids_;
  std::vector<std::vector<std::int64_t>> counts_;
  std::vector<GroupSpec> specs_;
  std::vector<std::shared_ptr<const Plan>> plans_;
  std::vector<std::string> names_;
  /// The first is that of calls without any.
  std::vector<CallNotes> notes_{1};
};

}  // namespace gridlock
