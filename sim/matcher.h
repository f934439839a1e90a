#pragma once

#include <span>
#include <vector>

#include "core/history/history.h"
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
  Nanos latest{0};
  Slot first_arrival = kNoSlot;
  Slot last_arrival = kNoSlot;
  Slot previous = kNoSlot;
  Slot next = kNoSlot;
};

/// Brings together what belongs together and says no more than complete, not complete or not alike; why ranks
/// are not alike is found out from the histories. Collectives meet by sequence number within their group
/// instance; sends and receives first in first out within instance and ordered pair (S03, S07).
class Matcher {
 public:
  /// `counts` are looked up in `store`. All three outlive the matcher.
  Matcher(const GroupTable& groups, const HistoryStore& store, Pool<OpenCall>& calls,
          std::int64_t send_capacity);

  /// Numbers a new send or recv of a pair in the order of submits, and names the pair.
  struct PairPlace {
    Slot pair;
    std::int32_t sequence;
  };
  PairPlace next_in_pair(InstanceId instance, CallKind kind, GroupRank self, GroupRank peer);
  /// The number that next_in_pair would give.
  std::int32_t peek_in_pair(InstanceId instance, CallKind kind, GroupRank self, GroupRank peer) const;

  /// A call has started. The place it completed, or kNoSlot. Sends that may complete without their recv now
  /// (this one, or others for which it made room, S08) are appended to `left_behind` and marked.
  Slot arrive(Slot call, Nanos now, std::vector<Slot>& left_behind);

  const Place& place(Slot slot) const { return places_[slot]; }
  /// Forgets a completed place whose operation is finished. Its calls stay.
  void remove(Slot place) { places_.remove(place); }

 private:
  /// Open places of one instance or pair, by ascending sequence. `hint` is the one that was used last.
  struct PlaceList {
    Slot first = kNoSlot;
    Slot hint = kNoSlot;
  };
  struct Pair {
    std::int32_t sends = 0;
    std::int32_t recvs = 0;
    std::int64_t bytes_left_behind = 0;
    PlaceList places;
  };

  Slot find_or_add(PlaceList& list, std::int32_t sequence);
  void unlink(PlaceList& list, Slot place);
  void join(Place& place, Slot call, Nanos now);
  void leave_behind(Pair& pair, std::vector<Slot>& left_behind);
  PlaceList& list_of(const OpenCall& call);
  bool is_complete(const Place& place) const;

  const GroupTable& groups_;
  const HistoryStore& store_;
  Pool<OpenCall>& calls_;
  std::int64_t send_capacity_;
  Pool<Place> places_;
  PairTable pair_ids_;
  Pool<Pair> pairs_;
  /// Index = instance; grows at first use.
  std::vector<PlaceList> collectives_;
};

}  // namespace gridlock::sim
