#include "sim/host_meetings.h"

#include <algorithm>
#include <utility>

namespace gridlock::sim {
namespace {

std::size_t index(RankId rank) { return static_cast<std::size_t>(rank); }
std::size_t index(InstanceId instance) { return static_cast<std::size_t>(instance); }

}  // namespace

HostMeetings::HostMeetings(const Semantics& semantics, const GroupTable& groups, Matcher& matcher,
                           Hosts hosts)
    : first_use_blocks_(semantics.first_use_blocks),
      lazy_communicators_(semantics.lazy_communicators),
      pair_communicators_(semantics.pair_communicators),
      blocks_host_(semantics.blocks_host),
      collective_stages_(static_cast<std::uint8_t>((lazy_communicators_ ? 1U << kMade : 0U) |
                                                   (first_use_blocks_ ? 1U << kConnected : 0U))),
      groups_(groups),
      matcher_(matcher),
      hosts_(hosts),
      waits_(is_on() || semantics.destroy_blocks ? index(hosts.count()) : 0) {}

void HostMeetings::add_needs(const OpenCall& call, bool alone) {
  const bool is_p2p = call.pair != kNoSlot;
  const bool is_on_pair = is_p2p && alone && pair_communicators_;
  const bool needs_made = lazy_communicators_ && !is_on_pair && !is_passed(call.instance, kMade);
  const bool needs_connected = first_use_blocks_ && !is_p2p && !is_passed(call.instance, kConnected);
  const bool may_need_pair = is_p2p && call.group_rank != call.peer;
  if (!needs_made && !needs_connected && !may_need_pair) return;
  const GroupSpec& spec = groups_.instance(call.instance).spec;
  if (spec.backend == BackendKind::gloo || blocks_host_ || spec.members.size() == 1) return;
  const auto need = [this, &call](Stage stage) {
    const std::pair wanted{call.instance, stage};
    if (std::find(group_needs_.begin(), group_needs_.end(), wanted) == group_needs_.end())
      group_needs_.push_back(wanted);
  };
  const bool is_empty = call.count == 0 && operation(call.kind).count != CountMeaning::nothing &&
                        operation(call.kind).count != CountMeaning::per_rank;
  if (needs_made) need(kMade);
  if (needs_connected && !is_empty) need(kConnected);
  if (may_need_pair && (first_use_blocks_ || is_on_pair)) add_message(call, is_on_pair);
}

void HostMeetings::add_message(const OpenCall& call, bool alone) {
  const PairConnection& connection = matcher_.connection(call.pair);
  const bool is_send = call.kind == CallKind::send;
  if (is_send ? connection.send_ready : connection.recv_ready) return;
  const bool is_lower = call.group_rank < call.peer;
  const PairKey key{call.instance, std::min(call.group_rank, call.peer), std::max(call.group_rank, call.peer),
                    alone};
  auto need = std::find_if(pair_needs_.begin(), pair_needs_.end(),
                           [&key](const PairNeed& known) { return known.key == key; });
  if (need == pair_needs_.end()) {
    pair_needs_.push_back({key, is_lower, 0, kNoSlot, kNoSlot});
    need = pair_needs_.end() - 1;
  }
  const bool is_up = is_send == is_lower;
  need->directions |= is_up ? kUp : kDown;
  (is_up ? need->up : need->down) = call.pair;
}

bool HostMeetings::come_to_needs(HostId host, Nanos now) {
  std::int32_t meetings = 0;
  for (const auto& [instance, stage] : group_needs_) {
    if (!come_to_group(host, instance, stage, now)) ++meetings;
  }
  for (const PairNeed& need : pair_needs_) {
    if (!come_to_pair(host, need, now)) ++meetings;
  }
  group_needs_.clear();
  pair_needs_.clear();
  waits_[index(host)].meetings += meetings;
  return must_wait(host, now);
}

bool HostMeetings::come_to_end(HostId host, InstanceId instance, Nanos now) {
  if (groups_.instance(instance).spec.members.size() == 1 || is_passed(instance, kEnded)) return false;
  if (!come_to_group(host, instance, kEnded, now)) ++waits_[index(host)].meetings;
  return must_wait(host, now);
}

bool HostMeetings::must_wait(HostId host, Nanos now) {
  const Waits& waits = waits_[index(host)];
  if (waits.meetings == 0 && waits.latest > now) released_.push_back({host, waits.latest});
  return waits.meetings > 0 || waits.latest > now;
}

/// True when the host's rank was the last.
bool HostMeetings::come_to_group(HostId host, InstanceId instance, Stage stage, Nanos now) {
  if (index(instance) >= passed_.size()) {
    passed_.resize(groups_.instance_count());
    meeting_of_.resize(groups_.instance_count() * kStageCount, kNoSlot);
  }
  Slot& slot = meeting_of_[index(instance) * kStageCount + stage];
  if (slot == kNoSlot) {
    slot = group_meetings_.add();
    group_meetings_[slot].instance = instance;
  }
  GroupMeeting& meeting = group_meetings_[slot];
  meeting.latest = std::max(meeting.latest, now);
  const auto size = static_cast<std::size_t>(groups_.instance(instance).spec.members.size());
  const bool has_come =
      hosts_.thread_max > 0 && std::any_of(meeting.waiting.begin(), meeting.waiting.end(), [&](HostId other) {
        return hosts_.rank_of(other) == hosts_.rank_of(host);
      });
  if (!has_come) ++meeting.came;
  if (static_cast<std::size_t>(meeting.came) < size) {
    meeting.waiting.push_back(host);
    return false;
  }
  for (const HostId waiting : meeting.waiting) meet(waiting, meeting.latest);
  note_latest(host, meeting.latest);
  group_meetings_.remove(slot);
  slot = kNoSlot;
  passed_[index(instance)] = static_cast<std::uint8_t>(passed_[index(instance)] | 1U << stage);
  return true;
}

/// True when the other side had come.
bool HostMeetings::come_to_pair(HostId host, const PairNeed& need, Nanos now) {
  Slot slot = pair_ids_.find(need.key);
  if (slot == kNoSlot) {
    slot = pair_meetings_.add();
    pair_ids_.add(need.key, slot);
  }
  PairMeeting& meeting = pair_meetings_[slot];
  if (need.up != kNoSlot) meeting.up = need.up;
  if (need.down != kNoSlot) meeting.down = need.down;
  Announcement& other = need.is_lower ? meeting.upper : meeting.lower;
  if (other.host < 0) {
    Announcement& own = need.is_lower ? meeting.lower : meeting.upper;
    if (own.host >= 0) companions_.push_back({slot, need.is_lower, host});
    if (own.host < 0) own.host = host;
    own.directions = static_cast<std::uint8_t>(own.directions | need.directions);
    own.time = std::max(own.time, now);
    return false;
  }
  const Nanos latest = std::max(other.time, now);
  meet(other.host, latest);
  note_latest(host, latest);
  std::erase_if(companions_, [&](const Companion& companion) {
    const bool is_met = companion.pair == slot && companion.is_lower != need.is_lower;
    if (is_met) meet(companion.host, latest);
    return is_met;
  });
  connect(meeting, need.is_lower ? need.directions : other.directions,
          need.is_lower ? other.directions : need.directions);
  other = {};
  return true;
}

// Each side sets up its end of what it announced. Where the other side did not announce the same direction
// the ends do not fit: measured, such a pair never carries anything without its recv, at any size.
void HostMeetings::connect(PairMeeting& meeting, std::uint8_t lower, std::uint8_t upper) {
  const auto connect_one = [this](Slot slot, bool by_sender, bool by_receiver) {
    if (slot == kNoSlot) return;
    PairConnection& connection = matcher_.connection(slot);
    connection.send_ready = connection.send_ready || by_sender;
    connection.recv_ready = connection.recv_ready || by_receiver;
    if (by_sender != by_receiver) connection.is_crossed = true;
  };
  connect_one(meeting.up, (lower & kUp) != 0, (upper & kUp) != 0);
  connect_one(meeting.down, (upper & kDown) != 0, (lower & kDown) != 0);
}

void HostMeetings::note_latest(HostId host, Nanos latest) {
  Waits& waits = waits_[index(host)];
  waits.latest = std::max(waits.latest, latest);
}

void HostMeetings::meet(HostId host, Nanos latest) {
  note_latest(host, latest);
  Waits& waits = waits_[index(host)];
  if (--waits.meetings == 0) released_.push_back({host, waits.latest});
}

std::vector<HostMeetings::Release> HostMeetings::take_released() { return std::exchange(released_, {}); }

void HostMeetings::fill(Histories& histories, std::vector<std::int32_t>& connection_of) const {
  histories.connections.clear();
  for (const Slot slot : meeting_of_) {
    if (slot == kNoSlot) continue;
    const GroupMeeting& meeting = group_meetings_[slot];
    std::vector<RankId> came;
    for (const HostId host : meeting.waiting) came.push_back(hosts_.rank_of(host));
    std::sort(came.begin(), came.end());
    Connection connection{meeting.instance, {}};
    groups_.instance(meeting.instance).spec.members.for_each([&](RankId rank) {
      if (!std::binary_search(came.begin(), came.end(), rank)) connection.absent.push_back(rank);
    });
    for (const HostId host : meeting.waiting)
      connection_of[index(host)] = static_cast<std::int32_t>(histories.connections.size());
    histories.connections.push_back(std::move(connection));
  }
}

}  // namespace gridlock::sim
