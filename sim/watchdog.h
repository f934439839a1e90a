#pragma once

#include <vector>

#include "core/grid/group_table.h"
#include "sim/device.h"

namespace gridlock::sim {

/// When the timeouts of groups pass. The clock of a work starts when it is submitted (rule P07); waits before
/// that are not seen. Costs nothing per call: a bound tells that no timeout can have passed, and only when
/// virtual time goes beyond it is the open work looked at.
class Watchdog {
 public:
  /// Groups and device outlive this.
  Watchdog(const Semantics& semantics, const GroupTable& groups, const Device& device, RankId world_size);

  struct Expiry {
    Nanos time{0};
    RankId rank = kNoRank;
    Slot work = kNoSlot;
  };
  /// No timeout passes before this, also of calls that are made later.
  Nanos bound(Nanos now);
  /// The first timeouts that pass before `until`, all of one moment and one per rank, by rank; empty if there
  /// are none. Work that has expired is not looked at again.
  const std::vector<Expiry>& passing_before(Nanos until, Nanos now);

 private:
  void look_at(RankId rank);
  Nanos timeout_of(const Work& work) const;
  void update_least_timeout(Nanos now);

  bool is_on_;
  std::int64_t timeout_ns_;
  const GroupTable& groups_;
  const Device& device_;
  RankId world_size_;
  std::size_t known_groups_ = 0;
  Nanos least_timeout_ = Nanos::max();
  Nanos bound_{0};
  std::vector<Expiry> first_;
};

}  // namespace gridlock::sim
