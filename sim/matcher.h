#pragma once

#include <span>
#include <utility>
#include <vector>

#include "core/history/histories.h"
#include "core/world/choice.h"
#include "sim/open_call.h"
#include "sim/pair_table.h"
#include "sim/pool.h"

namespace gridlock::sim {

/// Where the calls of the members of a group meet: collective number `sequence` of an instance, or message
/// number `sequence` of an ordered pair.
struct Place {
  InstanceId instance = InstanceId::none;
  Slot pair = kNoSlot;
  std::int32_t sequence = 0;
  GroupRank expected = 0;
  GroupRank arrived = 0;
  /// False once an arrival was not like the first one: such a place never completes.
  bool alike = true;
  /// It goes on although its calls are not alike, as Emulation says.
  bool emulated = false;
  /// All have come, but one of the calls was taken back before that or at that moment.
  bool is_cut_off = false;
  Nanos latest{0};
  Slot first_arrival = kNoSlot;
  Slot last_arrival = kNoSlot;
  Slot previous = kNoSlot;
  Slot next = kNoSlot;
};

/// Bytes that sends may leave behind, by where the two ranks are.
struct SendCapacity {
  std::int64_t same_host = 0;
  std::int64_t other_host = 0;
  /// 0: one host.
  RankId ranks_per_node = 0;

  bool is_same_host(RankId a, RankId b) const {
    return ranks_per_node <= 0 || a / ranks_per_node == b / ranks_per_node;
  }
};

/// A send that completes without its recv, from `time` on.
struct LeftBehind {
  Slot send;
  Nanos time;
};

/// What the ends of an ordered pair have done to connect it (rule S02).
struct PairConnection {
  bool send_ready = false;
  bool recv_ready = false;
  /// The two ends did not meet as sender and receiver: nothing can be left behind.
  bool is_crossed = false;
};

/// Brings together what belongs together and says no more than complete, not complete or not alike; why ranks
/// are not alike is found out from the histories. Collectives meet by sequence number within their group
/// instance; sends and receives first in first out within instance and ordered pair (S03, S07).
class Matcher {
 public:
  /// `counts` are looked up in `store`. All three outlive the matcher.
  Matcher(const GroupTable& groups, const HistoryStore& store, Pool<OpenCall>& calls,
          const SendCapacity& send_capacity, bool has_pair_communicators);

  /// One end of a message.
  struct End {
    InstanceId instance;
    CallKind kind;
    GroupRank self;
    GroupRank peer;
    /// Outside any batch.
    bool alone;
    /// As PairKey::tag.
    std::int32_t tag;
  };
  /// Numbers a new send or recv of a pair in the order of submits, and names the pair. `number` counts all
  /// of the two ranks in that group, `sequence` those of one communicator.
  struct PairPlace {
    Slot pair;
    std::int32_t sequence;
    std::int32_t number;
  };
  PairPlace next_in_pair(const End& end);
  PairConnection& connection(Slot pair) { return pairs_[pair].connection; }
  /// The number that next_in_pair would give to a call of the pair.
  std::int32_t peek_in_pair(const End& end) const;

  /// A call has started. The place it completed, or kNoSlot. Sends that may complete without their recv now
  /// (this one, or others for which it made room, S08) are appended to `left_behind` and marked. Calls of
  /// one rank arrive by its clock, those of different ranks in any order.
  Slot arrive(Slot call, Nanos now, std::vector<LeftBehind>& left_behind);

  /// When a send of the pair that waits for room is to be looked at again; Nanos::max() if there is none.
  Nanos next_room(Slot pair) const;
  /// Virtual time has come to `now`, and with it room. As arrive.
  void make_room(Slot pair, Nanos now, std::vector<LeftBehind>& left_behind) {
    leave_behind(pairs_[pair], now, left_behind);
  }

  /// A place to which all have come with calls that are not alike, since the last call; kNoSlot if none.
  Slot take_unalike() { return std::exchange(unalike_, kNoSlot); }
  /// The call of a place that is not complete before `now` is taken back, as if it had never started. False:
  /// the place is complete.
  bool withdraw(Slot call, Nanos now);
  /// If its place is complete, but not before `now`, it never finishes. True: so it is.
  bool cut_off(Slot call, Nanos now);
  /// Messages that were left behind and never received, by group, sender and receiver.
  std::vector<Unreceived> unreceived() const;

  /// Messages whose ends did not fit on pairs where sends are left behind: whether such a send completes
  /// depends on which end came first.
  const ContendedChoice& unlike_messages() const { return unlike_messages_; }

  const Place& place(Slot slot) const { return places_[slot]; }
  /// Forgets a completed place whose operation is finished. Its calls stay.
  void remove(Slot place) { places_.remove(place); }
  /// A place whose calls are not alike goes on: no other call can come to it.
  void mark_emulated(Slot place);

 private:
  /// Open places of one instance or pair, by ascending sequence. `hint` is the one that was used last.
  struct PlaceList {
    Slot first = kNoSlot;
    Slot hint = kNoSlot;
  };
  struct Room {
    Nanos time;
    std::int64_t bytes;
  };
  struct Pair {
    std::int32_t sends = 0;
    std::int32_t recvs = 0;
    /// Of all communicators of the pair; kept by the group's.
    std::int32_t sends_numbered = 0;
    std::int32_t recvs_numbered = 0;
    std::int64_t capacity = 0;
    std::int64_t bytes_left_behind = 0;
    /// What was received, and when, and has not been taken off bytes_left_behind: by its rank's clock the
    /// next send may be before that.
    std::vector<Room> rooms;
    bool waits_for_room = false;
    /// No message leaves before the one before it has left or was received.
    Nanos next_leaves{0};
    PairConnection connection;
    PairKey key;
    PlaceList places;
  };

  Slot find_or_add_pair(const PairKey& key);
  Slot find_or_add(PlaceList& list, std::int32_t sequence);
  void unlink(PlaceList& list, Slot place);
  void join(Place& place, Slot call, Nanos now);
  void leave_behind(Pair& pair, Nanos now, std::vector<LeftBehind>& left_behind);
  bool leave(Pair& pair, Slot send, Nanos now, Nanos until, std::vector<LeftBehind>& left_behind);
  PlaceList& list_of(const OpenCall& call);
  bool is_complete(const Place& place) const;
  bool have_equal_splits(const Place& place) const;

  const GroupTable& groups_;
  const HistoryStore& store_;
  Pool<OpenCall>& calls_;
  SendCapacity send_capacity_;
  bool has_pair_communicators_;
  Slot unalike_ = kNoSlot;
  ContendedChoice unlike_messages_{ChoiceKind::message, kNoRank, {}, 0};
  Pool<Place> places_;
  PairTable pair_ids_;
  Pool<Pair> pairs_;
  /// Index = instance; grows at first use.
  std::vector<PlaceList> collectives_;
};

}  // namespace gridlock::sim
