#include "sim/watchdog.h"

#include <algorithm>

namespace gridlock::sim {
namespace {

Nanos later(Nanos time, Nanos duration) {
  return time > Nanos::max() - duration ? Nanos::max() : time + duration;
}

}  // namespace

Watchdog::Watchdog(const Semantics& semantics, const GroupTable& groups, const Device& device,
                   RankId world_size)
    : is_on_(semantics.on_timeout != TimeoutAction::ignore),
      timeout_ns_(semantics.timeout_ns),
      groups_(groups),
      device_(device),
      world_size_(world_size) {
  update_least_timeout(Nanos{0});
  bound_ = least_timeout_;
}

void Watchdog::update_least_timeout(Nanos now) {
  if (known_groups_ == groups_.instance_count()) return;
  for (; known_groups_ < groups_.instance_count(); ++known_groups_) {
    const auto id = static_cast<InstanceId>(known_groups_);
    const Nanos timeout = timeout_ns_ > 0 ? Nanos(timeout_ns_) : groups_.instance(id).spec.timeout;
    least_timeout_ = std::min(least_timeout_, timeout);
  }
  bound_ = std::min(bound_, later(now, least_timeout_));
}

Nanos Watchdog::timeout_of(const Work& work) const {
  if (timeout_ns_ > 0) return Nanos(timeout_ns_);
  Nanos least = Nanos::max();
  for (Slot slot = work.first_call; slot != kNoSlot; slot = device_.call(slot).next_of_work) {
    least = std::min(least, groups_.instance(device_.call(slot).instance).spec.timeout);
  }
  return least;
}

void Watchdog::look_at(RankId rank) {
  device_.streams().for_each_work(rank, [&](Slot slot) {
    const Work& work = device_.work(slot);
    if (work.expired) return;
    const Nanos time = later(work.submitted, timeout_of(work));
    if (!first_.empty() && time > first_.front().time) return;
    if (!first_.empty() && time < first_.front().time) first_.clear();
    if (first_.empty() || first_.back().rank != rank) first_.push_back({time, rank, slot});
  });
}

Nanos Watchdog::bound(Nanos now) {
  if (!is_on_) return Nanos::max();
  update_least_timeout(now);
  return bound_;
}

const std::vector<Watchdog::Expiry>& Watchdog::passing_before(Nanos until, Nanos now) {
  first_.clear();
  if (!is_on_) return first_;
  update_least_timeout(now);
  if (until <= bound_) return first_;
  for (RankId rank = 0; rank < world_size_; ++rank) look_at(rank);
  const Nanos next_submit = later(now, least_timeout_);
  bound_ = first_.empty() ? next_submit : std::min(first_.front().time, next_submit);
  if (!first_.empty() && first_.front().time >= until) first_.clear();
  return first_;
}

}  // namespace gridlock::sim
