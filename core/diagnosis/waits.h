#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "core/diagnosis/evidence.h"
#include "core/diagnosis/wait_graph.h"

namespace gridlock {

/// How far a member came with its part of a call.
enum class Presence : std::uint8_t {
  absent,   ///< has not called it
  queued,   ///< has called it, behind other work of its stream
  started,  ///< first on its stream: does its part
  done,     ///< completed there
  unknown,  ///< no history of that rank
};

/// First open work of one stream of a rank: the calls of one ticket.
struct Head {
  RankId rank = kNoRank;
  StreamId stream = StreamId::main;
  std::int64_t ticket = -1;
  std::span<const Record* const> calls;
  int node = -1;
  /// False when it is behind other open work after all: a part of its batch is queued on another stream, or
  /// its stream waits for an event of one.
  bool is_started = true;
  /// Not on its stream yet: the host stands in the submit until other hosts come.
  bool is_connecting = false;
  /// First on its streams, without room on the device.
  bool waits_for_slot = false;
};

/// One member's part of a collective.
struct MemberCall {
  RankId rank = kNoRank;
  /// Null when absent or unknown.
  const Record* record = nullptr;
  Presence presence = Presence::absent;
  /// Started: the head it is in. Queued: the head it is behind. -1 otherwise.
  int head_node = -1;
  /// Absent: the host that would call it.
  int host = kNoRank;
};

/// One collective that somebody has started, as all members of the group see it; members in group order.
struct Meeting {
  InstanceId instance = InstanceId::none;
  std::int32_t sequence = 0;
  /// The first member that has started it, and its call.
  RankId starter = kNoRank;
  const Record* call = nullptr;
  std::vector<MemberCall> members;
  int node = -1;
  /// Its calls are not alike, and some of them completed.
  bool is_silent = false;
};

/// A started send or recv and its partner.
struct Transfer {
  int head = 0;
  const Record* mine = nullptr;
  /// The end that would match; its rank is none where the peer is not known or not in the group.
  TransferEnd wanted;
  MemberCall theirs;
};

/// A creation that hosts wait in, by its number in the world.
struct Creation {
  std::int64_t number = 0;
  std::vector<RankId> waiting;
  /// Ranks that have not come to it.
  std::vector<RankId> absent;
  int node = -1;
};

/// A name that hosts wait for and nobody has posted.
struct Awaited {
  std::int32_t name = -1;
  std::vector<RankId> waiting;
  /// Those whose programs would post it later.
  std::vector<RankId> posters;
  /// The first host that waits.
  int host = -1;
  int node = -1;
};

/// Hosts that wait for other hosts in one place: a communicator that is made, a split, the end of a group.
struct HostMeeting {
  InstanceId instance = InstanceId::none;
  std::vector<RankId> waiting;
  /// The first host that waits.
  int host = -1;
  std::vector<RankId> absent;
  int node = -1;
};

/// What a node of the graph of waits stands for.
enum class NodeKind : std::uint8_t { host, head, meeting, creation, awaited, host_meeting };

/// Everything that waits at the end of a run, as a graph over hosts, heads of streams, collectives, creations
/// and names. The first nodes are the hosts of Evidence: node r is that of rank r, and a main thread waits
/// for its rank's other threads. A rank's host waits for its stream, a stream's head for the collective it is
/// in, a collective for the members that are not there: for their host where they have not called it, for the
/// head of their stream where it is queued behind other work.
class Waits {
 public:
  explicit Waits(Evidence& evidence);

  WaitGraph graph;
  std::vector<Head> heads;
  std::vector<Meeting> meetings;
  std::vector<Transfer> transfers;
  std::vector<Creation> creations;
  std::vector<Awaited> awaited;
  std::vector<HostMeeting> host_meetings;

  NodeKind kind(int node) const { return places_[static_cast<std::size_t>(node)].kind; }
  /// Index into the vector of the node's kind; the host's number for a host.
  int index(int node) const { return places_[static_cast<std::size_t>(node)].index; }
  /// The rank that a host or head belongs to; kNoRank for other nodes.
  RankId rank_of(int node) const;
  /// Transfers of one head.
  std::span<const Transfer> transfers_of(int head) const;

 private:
  struct Place {
    NodeKind kind;
    int index;
  };

  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  int add_node(NodeKind kind, int index);
  void add_heads();
  void add_head(RankId rank, StreamId stream, std::int64_t ticket);
  bool is_connecting_in(RankId rank, const OpenWork& work) const;
  void add_head_of_host(int host);
  void connect_hosts();
  void connect_host(int host);
  void connect_creating(RankId rank, const Record& creation);
  void connect_let_down();
  void connect_host_to_work(int host, std::int64_t ticket);
  void connect_head(Head& head);
  void wait_for_head(Head& head, const Head& other);
  void start_calls(int head);
  void connect_behind_events(Head& head);
  void connect_to_stream(Head& head, StreamId stream, HistoryNode node);
  void join_meeting(int head, const Record& call);
  void fill_meeting(Meeting& meeting);
  void add_transfer(int head, const Record& call);
  void await_name(int host, std::int32_t name);
  void connect_awaited();
  void fill_creations();
  void add_host_meetings();
  void connect_host_meeting(const HostMeeting& meeting);
  void add_silent_meetings();
  void connect_behind_slots(Head& head);
  MemberCall member_call(RankId rank, const Record* call, Presence otherwise) const;
  Presence presence_without_record(RankId rank, std::int32_t sequence, std::int32_t first) const;
  void wait_for_member(int from, const MemberCall& member);
  void wait_for_other_end(const Head& head, MemberCall& theirs);

  Evidence& evidence_;
  std::vector<Place> places_;
  /// heads are sorted by rank: those of rank r are first_head_[r] .. first_head_[r + 1].
  std::vector<int> first_head_;
  std::vector<int> first_transfer_;
  /// Head in whose submit a connecting host stands. Index = host.
  std::vector<int> connecting_head_;
  std::map<std::pair<InstanceId, std::int32_t>, int> meeting_ids_;
  std::map<std::int64_t, int> creation_ids_;
  std::map<std::int32_t, int> awaited_ids_;
};

}  // namespace gridlock
