#include "sim/matcher.h"

#include <algorithm>
#include <tuple>

#include "core/base/check.h"
#include "sim/alike.h"

namespace gridlock::sim {
namespace {

std::int64_t byte_count(const OpenCall& call) {
  return call.count * static_cast<std::int64_t>(dtype_size(call.dtype));
}

PairKey pair_key(const Matcher::End& end, bool alone) {
  return end.kind == CallKind::send ? PairKey{end.instance, end.self, end.peer, alone, end.tag}
                                    : PairKey{end.instance, end.peer, end.self, alone, end.tag};
}

}  // namespace

Matcher::Matcher(const GroupTable& groups, const HistoryStore& store, Pool<OpenCall>& calls,
                 const SendCapacity& send_capacity, bool has_pair_communicators)
    : groups_(groups),
      store_(store),
      calls_(calls),
      send_capacity_(send_capacity),
      has_pair_communicators_(has_pair_communicators) {}

Slot Matcher::find_or_add_pair(const PairKey& key) {
  const Slot known = pair_ids_.find(key);
  if (known != kNoSlot) return known;
  const Slot slot = pairs_.add();
  pair_ids_.add(key, slot);
  const Members& members = groups_.instance(key.instance).spec.members;
  const bool is_same_host = send_capacity_.is_same_host(members[key.from], members[key.to]);
  pairs_[slot].capacity = is_same_host ? send_capacity_.same_host : send_capacity_.other_host;
  pairs_[slot].key = key;
  return slot;
}

Matcher::PairPlace Matcher::next_in_pair(const End& end) {
  const bool is_send = end.kind == CallKind::send;
  const Slot group_slot = find_or_add_pair(pair_key(end, false));
  Pair& of_group = pairs_[group_slot];
  const std::int32_t number = is_send ? of_group.sends_numbered++ : of_group.recvs_numbered++;
  if (!has_pair_communicators_) return {group_slot, number, number};
  Slot slot = group_slot;
  if (end.alone) slot = find_or_add_pair(pair_key(end, true));
  Pair& pair = pairs_[slot];
  return {slot, is_send ? pair.sends++ : pair.recvs++, number};
}

std::int32_t Matcher::peek_in_pair(const End& end) const {
  const Slot slot = pair_ids_.find(pair_key(end, false));
  if (slot == kNoSlot) return 0;
  return end.kind == CallKind::send ? pairs_[slot].sends_numbered : pairs_[slot].recvs_numbered;
}

inline Matcher::PlaceList& Matcher::list_of(const OpenCall& call) {
  if (call.pair != kNoSlot) return pairs_[call.pair].places;
  const auto instance = static_cast<std::size_t>(call.instance);
  if (instance >= collectives_.size()) collectives_.resize(std::max(instance + 1, groups_.instance_count()));
  return collectives_[instance];
}

// The search begins at the place that was used last: ranks walk through the sequence in order.
inline Slot Matcher::find_or_add(PlaceList& list, std::int32_t sequence) {
  Slot before = list.hint;
  while (before != kNoSlot && places_[before].sequence > sequence) before = places_[before].previous;
  Slot after = before == kNoSlot ? list.first : places_[before].next;
  while (after != kNoSlot && places_[after].sequence <= sequence) {
    before = after;
    after = places_[after].next;
  }
  if (before != kNoSlot && places_[before].sequence == sequence) return list.hint = before;
  const Slot slot = places_.add();
  Place& place = places_[slot];
  place.sequence = sequence;
  place.previous = before;
  place.next = after;
  (before == kNoSlot ? list.first : places_[before].next) = slot;
  if (after != kNoSlot) places_[after].previous = slot;
  return list.hint = slot;
}

inline void Matcher::unlink(PlaceList& list, Slot slot) {
  const Place& place = places_[slot];
  (place.previous == kNoSlot ? list.first : places_[place.previous].next) = place.next;
  if (place.next != kNoSlot) places_[place.next].previous = place.previous;
  if (list.hint == slot) list.hint = place.next != kNoSlot ? place.next : place.previous;
}

inline void Matcher::join(Place& place, Slot slot, Nanos now) {
  OpenCall& call = calls_[slot];
  if (place.arrived == 0) {
    place.instance = call.instance;
    place.pair = call.pair;
    place.expected = call.pair != kNoSlot ? 2 : groups_.instance(call.instance).spec.members.size();
    place.first_arrival = slot;
  } else {
    place.alike = place.alike && are_alike(calls_[place.first_arrival], call);
    calls_[place.last_arrival].next_arrival = slot;
  }
  place.last_arrival = slot;
  place.latest = std::max(place.latest, now);
  ++place.arrived;
}

inline bool Matcher::is_complete(const Place& place) const {
  if (!place.alike || place.arrived < place.expected) return false;
  return calls_[place.first_arrival].kind != CallKind::all_to_all_v || have_equal_splits(place);
}

bool Matcher::have_equal_splits(const Place& place) const {
  std::vector<const OpenCall*> by_rank(static_cast<std::size_t>(place.expected));
  for (Slot slot = place.first_arrival; slot != kNoSlot; slot = calls_[slot].next_arrival) {
    by_rank[static_cast<std::size_t>(calls_[slot].group_rank)] = &calls_[slot];
  }
  return is_split_consistent(store_, by_rank);
}

Slot Matcher::arrive(Slot slot, Nanos now, std::vector<LeftBehind>& left_behind) {
  const OpenCall& call = calls_[slot];
  PlaceList& list = list_of(call);
  const Slot meeting = find_or_add(list, call.sequence);
  Place& place = places_[meeting];
  join(place, slot, now);
  const bool complete = is_complete(place);
  if (complete) {
    unlink(list, meeting);
    for (Slot each = place.first_arrival; each != kNoSlot; each = calls_[each].next_arrival)
      calls_[each].met_at = meeting;
  }
  if (!complete && place.arrived == place.expected) unalike_ = meeting;
  if (call.pair != kNoSlot && pairs_[call.pair].capacity > 0) {
    Pair& pair = pairs_[call.pair];
    if (!complete && place.arrived == place.expected && unlike_messages_.count++ == 0) {
      unlike_messages_.rank = call.rank;
      unlike_messages_.time = now;
    }
    // By their clocks a send may be before a recv that came to the place first.
    if (complete && call.kind == CallKind::send && place.latest > now)
      leave(pair, slot, now, place.latest, left_behind);
    const OpenCall& send = calls_[call.kind == CallKind::send ? slot : place.first_arrival];
    if (complete && send.left_behind) {
      pair.rooms.push_back({place.latest, byte_count(send)});
    } else if (complete) {
      pair.next_leaves = std::max(pair.next_leaves, place.latest);
    }
    leave_behind(pair, Nanos{0}, left_behind);
  }
  return complete ? meeting : kNoSlot;
}

// In the order of the messages, and none overtakes one that does not fit: the channel is a queue.
void Matcher::leave_behind(Pair& pair, Nanos now, std::vector<LeftBehind>& left_behind) {
  pair.waits_for_room = false;
  for (Slot slot = pair.places.first; slot != kNoSlot; slot = places_[slot].next) {
    const Place& place = places_[slot];
    const OpenCall& call = calls_[place.first_arrival];
    if (place.arrived > 1 || call.kind != CallKind::send || call.left_behind) continue;
    pair.waits_for_room =
        !leave(pair, place.first_arrival, std::max(now, place.latest), Nanos::max(), left_behind);
    if (pair.waits_for_room) return;
  }
}

/// A send leaves its data behind at `now`, or when the ones before it have left, if that is before `until`
/// and there is room then.
bool Matcher::leave(Pair& pair, Slot send, Nanos now, Nanos until, std::vector<LeftBehind>& left_behind) {
  const Nanos time = std::max(now, pair.next_leaves);
  if (pair.connection.is_crossed || time >= until) return false;
  const auto room = std::find_if(pair.rooms.begin(), pair.rooms.end(),
                                 [time](const Room& each) { return each.time > time; });
  for (auto each = pair.rooms.begin(); each != room; ++each) pair.bytes_left_behind -= each->bytes;
  pair.rooms.erase(pair.rooms.begin(), room);
  OpenCall& call = calls_[send];
  const std::int64_t bytes = byte_count(call);
  if (bytes > pair.capacity - pair.bytes_left_behind) return false;
  pair.bytes_left_behind += bytes;
  pair.next_leaves = time;
  call.left_behind = true;
  left_behind.push_back({send, time});
  return true;
}

Nanos Matcher::next_room(Slot slot) const {
  const Pair& pair = pairs_[slot];
  return pair.waits_for_room && !pair.rooms.empty() ? pair.rooms.front().time : Nanos::max();
}

void Matcher::mark_emulated(Slot slot) {
  Place& place = places_[slot];
  place.emulated = true;
  unlink(list_of(calls_[place.first_arrival]), slot);
}

bool Matcher::withdraw(Slot slot, Nanos now) {
  if (calls_[slot].met_at != kNoSlot) return cut_off(slot, now);
  const OpenCall& call = calls_[slot];
  PlaceList& list = list_of(call);
  Slot meeting = list.first;
  while (meeting != kNoSlot && places_[meeting].sequence < call.sequence) meeting = places_[meeting].next;
  if (meeting == kNoSlot || places_[meeting].sequence != call.sequence) return false;
  Place& place = places_[meeting];
  Slot before = kNoSlot;
  Slot at = place.first_arrival;
  while (at != kNoSlot && at != slot) {
    before = at;
    at = calls_[at].next_arrival;
  }
  if (at == kNoSlot) return false;
  (before == kNoSlot ? place.first_arrival : calls_[before].next_arrival) = calls_[at].next_arrival;
  if (place.last_arrival == at) place.last_arrival = before;
  calls_[at].next_arrival = kNoSlot;
  if (--place.arrived > 0) return true;
  unlink(list, meeting);
  places_.remove(meeting);
  return true;
}

bool Matcher::cut_off(Slot slot, Nanos now) {
  const OpenCall& call = calls_[slot];
  if (call.met_at == kNoSlot || call.left_behind || call.is_done) return false;
  Place& place = places_[call.met_at];
  place.is_cut_off = place.is_cut_off || place.latest >= now;
  return place.is_cut_off;
}

std::vector<Unreceived> Matcher::unreceived() const {
  std::vector<Unreceived> found;
  for (Slot slot = 0; slot < pairs_.live(); ++slot) {
    const Pair& pair = pairs_[slot];
    if (pair.sends_numbered <= pair.recvs_numbered || pair.key.alone) continue;
    found.push_back({pair.key.instance, pair.key.from, pair.key.to, pair.recvs_numbered, pair.key.tag});
  }
  std::sort(found.begin(), found.end(), [](const Unreceived& a, const Unreceived& b) {
    return std::tie(a.instance, a.from, a.to, a.tag) < std::tie(b.instance, b.from, b.to, b.tag);
  });
  return found;
}

}  // namespace gridlock::sim
