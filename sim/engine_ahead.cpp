// Running ahead of virtual time. What happens in a run hangs on the order of two events only where they meet,
// at a place or a creation; those take the later of the times, so it does not matter which side is handled
// first. A place is private when all of its members do nothing but wait for it: nobody else can see
// it or them before it is over, so it is finished at once and its members run on, each on a clock of its own,
// while everything about them is still in the caches. A run of many ranks takes half the time by that (see
// docs/performance.md) and is the same run.
#include <algorithm>
#include <utility>

#include "sim/engine.h"

namespace gridlock::sim {

// What decides by who comes first keeps the order of time.
bool Engine::may_run_ahead() const {
  const Semantics& semantics = options_.semantics;
  return options_.faults.empty() && !options_.pick_turn && hosts_.thread_max == 0 &&
         semantics.kernel_slots == 0 && semantics.on_mismatch == OnMismatch::report;
}

Nanos Engine::horizon() {
  const Nanos deadline = deadlines_.empty() ? kNever : deadlines_.next().time;
  return std::min(deadline, watchdog_.bound(time_));
}

bool Engine::is_private(const Due& due) {
  const auto does_nothing_else = [this](const OpenCall& call) {
    const RankState& own = state(call.rank);
    const bool waits = own.park == Park::wait || own.park == Park::gloo_submit;
    return waits && device_.streams().holds_only(call.rank, call.work);
  };
  return due.time <= horizon() && device_.all_of(due.timer, does_nothing_else);
}

void Engine::finish_ahead(const Due& due) {
  now_ = due.time;
  finished_ahead_ = std::max(finished_ahead_, now_);
  progressed_.clear();
  device_.fire(due.timer, now_, progressed_);
  wake_progressed();
}

void Engine::run_ahead() {
  while (!limit_reached_) {
    handed_over_.clear();
    device_.take_timers(handed_over_);
    for (const Due& due : handed_over_) {
      if (is_private(due)) {
        finish_ahead(due);
      } else {
        timers_.add(due.time, due.timer);
      }
    }
    // The lowest rank is next, and the last ones woken come before those that were waiting for their turn.
    ahead_.insert(ahead_.end(), woken_.rbegin(), woken_.rend());
    woken_.clear();
    if (ahead_.empty()) return;
    const HostId host = ahead_.back();
    ahead_.pop_back();
    run_host(host);
  }
}

bool Engine::wait_for_turn(HostId host, Turn turn) {
  turns_[host] = std::move(turn);
  timers_.add(now_, {TimerKind::turn, static_cast<std::uint32_t>(host)});
  return park(host, Park::turn, 0, {});
}

void Engine::take_turn(HostId host) {
  ThreadState& own = thread(host);
  const auto found = turns_.find(host);
  if (found == turns_.end()) {
    if (own.park == Park::none && own.since == now_) ready_.add(host);
    return;
  }
  const Turn turn = std::move(found->second);
  turns_.erase(found);
  if (!turn.request) {
    const RankId rank = hosts_.rank_of(host);
    end_rank(rank, turn.end, turn.error);
    if (fibers_ == nullptr) state(rank).machine.reset();
    return;
  }
  Reply reply;
  if (!answer(host, *turn.request, reply)) return;
  own.reply = reply;
  wake(host);
}

Nanos Engine::latest() const {
  Nanos latest = std::max(time_, finished_ahead_);
  for (const RankState& own : ranks_) latest = std::max(latest, own.since);
  return latest;
}

}  // namespace gridlock::sim
