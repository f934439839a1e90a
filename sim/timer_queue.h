#pragma once

#include <cstdint>
#include <vector>

#include "core/base/units.h"
#include "sim/pool.h"

namespace gridlock::sim {

enum class TimerKind : std::uint8_t {
  place_finish,  ///< the operation at a place is complete; subject: place
  send_finish,   ///< a send that left its data behind is complete; subject: call
  room,          ///< messages of a pair were received, which makes room for others; subject: pair
  compute,       ///< host work of a rank is done; subject: rank
  fault,         ///< a fault's time has come; subject: its number
  turn,          ///< a rank that was ahead of virtual time may go on; subject: rank
};

struct Timer {
  TimerKind kind = TimerKind::compute;
  std::uint32_t subject = 0;
};

/// Progress timers of a run in virtual time. Timers of one time come out in the order in which they were
/// added. Ranks that behave alike finish together, so timers of equal time that are added in a row share one
/// heap entry.
class TimerQueue {
 public:
  void add(Nanos time, Timer timer);
  bool empty() const { return heap_.empty(); }
  /// Requires: not empty.
  Nanos next_time() const { return heap_.front().time; }
  /// Moves all timers of next_time() to `due`, which is cleared first. Requires: not empty.
  void take_next(std::vector<Timer>& due);

 private:
  struct Node {
    Timer timer;
    Slot next = kNoSlot;
  };
  struct Chain {
    Nanos time{0};
    std::uint64_t order = 0;
    Slot first = kNoSlot;
  };
  static bool later(const Chain& a, const Chain& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
  }

  std::vector<Chain> heap_;
  Pool<Node> nodes_;
  std::uint64_t order_ = 0;
  /// The chain that was added last, while it is in the heap.
  Nanos last_time_{-1};
  Slot last_node_ = kNoSlot;
};

}  // namespace gridlock::sim
