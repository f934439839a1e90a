#pragma once

#include <cstdint>
#include <vector>

#include "core/world/choice.h"
#include "sim/open_call.h"
#include "sim/pool.h"

namespace gridlock::sim {

/// Room for running works on each rank's device (rules S10, S11). A work takes a slot when it starts and
/// gives it back when it is complete. Ready works get free slots in the order of their tickets; with an
/// implicit launch order none starts before all works that were submitted earlier have.
class KernelSlots {
 public:
  /// slots 0: without bound. `works` outlives this.
  KernelSlots(std::int64_t slots, bool in_order, RankId world_size, Pool<Work>& works);

  bool is_limited() const { return !devices_.empty(); }
  /// The work takes part in the order of launches. Requires: is_limited.
  void submitted(Slot work);
  /// Nothing is before the work on its streams any more; it waits until next() names it.
  void ready(Slot work, Nanos now);
  /// A ready work of the rank that starts now, or kNoSlot.
  Slot next(RankId rank);
  /// Works that had to wait until another one gave its slot back: which of them comes first may depend on the
  /// schedule.
  const ContendedChoice& contention() const { return contention_; }
  /// The work is complete or was taken back, started or not.
  void finished(Slot work);

 private:
  struct Device {
    std::int64_t running = 0;
    /// By ticket. `unstarted` is kept for an implicit order only.
    std::vector<Slot> ready;
    std::vector<Slot> unstarted;
  };
  Device& device_of(Slot work) { return devices_[static_cast<std::size_t>(works_[work].rank)]; }

  std::int64_t slots_;
  bool in_order_;
  Pool<Work>& works_;
  std::vector<Device> devices_;
  ContendedChoice contention_;
};

}  // namespace gridlock::sim
