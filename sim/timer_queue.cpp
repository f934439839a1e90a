#include "sim/timer_queue.h"

#include <algorithm>

namespace gridlock::sim {

void TimerQueue::add(Nanos time, Timer timer) {
  const Slot node = nodes_.add();
  nodes_[node].timer = timer;
  if (last_node_ != kNoSlot && time == last_time_) {
    nodes_[last_node_].next = node;
  } else {
    heap_.push_back({time, order_++, node});
    std::push_heap(heap_.begin(), heap_.end(), later);
    last_time_ = time;
  }
  last_node_ = node;
}

void TimerQueue::take_next(std::vector<Timer>& due) {
  due.clear();
  const Nanos time = next_time();
  while (!heap_.empty() && heap_.front().time == time) {
    Slot node = heap_.front().first;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    while (node != kNoSlot) {
      due.push_back(nodes_[node].timer);
      const Slot next = nodes_[node].next;
      nodes_.remove(node);
      node = next;
    }
  }
  if (last_time_ == time) last_node_ = kNoSlot;
}

}  // namespace gridlock::sim
