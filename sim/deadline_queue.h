#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/units.h"
#include "sim/hosts.h"

namespace gridlock::sim {

/// Until when a parked host waits. `park_count` tells one parking of the host from the next.
struct Deadline {
  Nanos time{0};
  HostId host = -1;
  std::uint32_t park_count = 0;
};

/// Deadlines of a run, earliest first, ties by host. A deadline whose host has gone on stays until its time
/// comes or until somebody drops it. Deadlines do not keep a run alive: when nothing else can happen the
/// earliest one is next.
class DeadlineQueue {
 public:
  void add(const Deadline& deadline) {
    heap_.push_back(deadline);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  bool empty() const { return heap_.empty(); }
  /// Requires: not empty.
  const Deadline& next() const { return heap_.front(); }
  void drop_next() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }

 private:
  static bool later(const Deadline& a, const Deadline& b) {
    return a.time != b.time ? a.time > b.time : a.host > b.host;
  }

  std::vector<Deadline> heap_;
};

}  // namespace gridlock::sim
