#pragma once

#include <cstdint>
#include <vector>

#include "core/history/histories.h"
#include "core/world/semantics.h"
#include "sim/hosts.h"
#include "sim/matcher.h"
#include "sim/open_call.h"

namespace gridlock::sim {

/// Where hosts wait for each other before anything is enqueued: the making of a group's communicator, its
/// first collective, the first message between two ranks of it (rules S02, P04, P05), and its end where
/// destroying it blocks. A host that came has told all others, so two that wait in different meetings for
/// each other stay there.
class HostMeetings {
 public:
  /// Groups and matcher outlive this.
  HostMeetings(const Semantics& semantics, const GroupTable& groups, Matcher& matcher, Hosts hosts);

  /// Whether calls can need a meeting at all.
  bool is_on() const { return first_use_blocks_ || lazy_communicators_; }
  /// Notes what a call of the submit that is being made needs. Zero-count collectives are discarded by the
  /// library and connect nothing (S19).
  void add(const OpenCall& call, bool alone) {
    const bool has_met = call.pair == kNoSlot && has_passed(call.instance, collective_stages_);
    if (!has_met) add_needs(call, alone);
  }
  /// The host comes for its rank to all that was added. True: it has to wait until `take_released` names it,
  /// perhaps at once, as others may have come later by their own clocks.
  bool come(HostId host, Nanos now) {
    return !(group_needs_.empty() && pair_needs_.empty()) && come_to_needs(host, now);
  }
  /// The host comes to the end of the group; as `come`.
  bool come_to_end(HostId host, InstanceId instance, Nanos now);

  struct Release {
    HostId host;
    /// When the last one came.
    Nanos time;
  };
  /// Hosts whose meetings are complete, since the last call.
  std::vector<Release> take_released();
  bool has_released() const { return !released_.empty(); }

  /// Writes the meetings of whole groups that are not complete. `connection_of`, by host, gets the number of
  /// the one in which it waits.
  void fill(Histories& histories, std::vector<std::int32_t>& connection_of) const;

 private:
  enum Stage : std::uint8_t { kMade, kConnected, kEnded, kStageCount };
  struct GroupMeeting {
    InstanceId instance = InstanceId::none;
    std::vector<HostId> waiting;
    /// Ranks that have come: several threads of one count once.
    RankId came = 0;
    Nanos latest{0};
  };
  enum Direction : std::uint8_t { kUp = 1, kDown = 2 };
  /// What one side of a pair has announced and the other has not answered.
  struct Announcement {
    HostId host = -1;
    std::uint8_t directions = 0;
    Nanos time{0};
  };
  /// Another thread of a rank that has announced itself to a pair.
  struct Companion {
    Slot pair = kNoSlot;
    bool is_lower = false;
    HostId host = -1;
  };
  /// Two members of a group, lower group rank first.
  struct PairMeeting {
    Announcement lower;
    Announcement upper;
    /// Slots of the matcher for lower -> upper and upper -> lower.
    Slot up = kNoSlot;
    Slot down = kNoSlot;
  };
  struct PairNeed {
    PairKey key;
    bool is_lower = false;
    std::uint8_t directions = 0;
    Slot up = kNoSlot;
    Slot down = kNoSlot;
  };

  void add_needs(const OpenCall& call, bool alone);
  void add_message(const OpenCall& call, bool alone);
  bool come_to_needs(HostId host, Nanos now);
  /// Whether all members have passed all of these stages, a bit for each.
  bool has_passed(InstanceId instance, std::uint8_t stages) const {
    const auto place = static_cast<std::size_t>(instance);
    return stages == 0 || (place < passed_.size() && (passed_[place] & stages) == stages);
  }
  bool is_passed(InstanceId instance, Stage stage) const {
    return has_passed(instance, static_cast<std::uint8_t>(1U << stage));
  }
  bool come_to_group(HostId host, InstanceId instance, Stage stage, Nanos now);
  bool come_to_pair(HostId host, const PairNeed& need, Nanos now);
  void connect(PairMeeting& meeting, std::uint8_t lower, std::uint8_t upper);
  /// A meeting that the host came to, or is the last to come to, is complete.
  void meet(HostId host, Nanos latest);
  void note_latest(HostId host, Nanos latest);
  bool must_wait(HostId host, Nanos now);

  bool first_use_blocks_;
  bool lazy_communicators_;
  bool pair_communicators_;
  bool blocks_host_;
  /// Those that a collective needs.
  std::uint8_t collective_stages_;
  const GroupTable& groups_;
  Matcher& matcher_;
  Hosts hosts_;
  /// Index = instance: one bit per stage that all members have passed.
  std::vector<std::uint8_t> passed_;
  Pool<GroupMeeting> group_meetings_;
  /// Index = instance * kStageCount + stage: the meeting that goes on there.
  std::vector<Slot> meeting_of_;
  PairTable pair_ids_;
  Pool<PairMeeting> pair_meetings_;
  std::vector<Companion> companions_;
  struct Waits {
    std::int32_t meetings = 0;
    /// When the last of those that are complete was.
    Nanos latest{0};
  };
  /// Index = host.
  std::vector<Waits> waits_;
  std::vector<Release> released_;
  // Scratch of the submit that is being made.
  std::vector<std::pair<InstanceId, Stage>> group_needs_;
  std::vector<PairNeed> pair_needs_;
};

}  // namespace gridlock::sim
