#include "sim/device.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "sim/cost_model.h"
#include "sim/emulation.h"

namespace gridlock::sim {

Device::Device(const RunOptions& options, const GroupTable& groups, const HistoryStore& store,
               std::vector<RankState>& ranks, TimerQueue& timers, Digest& digest)
    : cost_(options.cost),
      on_mismatch_(options.semantics.on_mismatch),
      hosts_{options.semantics.send_capacity_bytes, options.semantics.send_capacity_other_host_bytes,
             options.ranks_per_node},
      groups_(groups),
      timers_(timers),
      digest_(digest),
      ranks_(ranks),
      streams_(groups.world_size(), works_),
      slots_(options.semantics.kernel_slots, options.semantics.launch_order_implicit, groups.world_size(),
             works_),
      matcher_(groups, store, calls_, hosts_, options.semantics.pair_communicators),
      transfer_(groups, store, ranks, options.payload == Payload::data) {}

void Device::submit(Slot work, Nanos now) {
  Work& submitted = works_[work];
  submitted.submitted = now;
  if (slots_.is_limited() && needs_slot(work)) slots_.submitted(work);
  const OpenCall& first = calls_[submitted.first_call];
  streams_.enqueue(work, first.stream);
  if (first.next_of_work != kNoSlot) enqueue_beside(work, first.stream);
  if (submitted.streams_blocked == 0) start(work, now);
}

/// Enqueues the work on its other streams.
void Device::enqueue_beside(Slot work, StreamId known) {
  work_streams_.assign(1, known);
  for (Slot slot = works_[work].first_call; slot != kNoSlot; slot = calls_[slot].next_of_work) {
    const StreamId stream = calls_[slot].stream;
    if (std::find(work_streams_.begin(), work_streams_.end(), stream) != work_streams_.end()) continue;
    work_streams_.push_back(stream);
    streams_.enqueue(work, stream);
  }
}

// A gloo group works on the host, and a group of one rank is a copy (S20).
bool Device::needs_slot(Slot work) const {
  for (Slot slot = works_[work].first_call; slot != kNoSlot; slot = calls_[slot].next_of_work) {
    const GroupSpec& spec = groups_.instance(calls_[slot].instance).spec;
    if (spec.backend != BackendKind::gloo && spec.members.size() > 1) return true;
  }
  return false;
}

inline void Device::start(Slot work, Nanos now) {
  if (is_dead(works_[work].rank)) return;
  // Where its rank is ahead of virtual time, what was before it may have been over earlier.
  now = std::max(now, works_[work].submitted);
  if (slots_.is_limited() && needs_slot(work)) {
    slots_.ready(work, now);
    start_ready(works_[work].rank, now);
  } else {
    start_calls(work, now);
  }
}

void Device::start_ready(RankId rank, Nanos now) {
  for (Slot work = slots_.next(rank); work != kNoSlot; work = slots_.next(rank)) start_calls(work, now);
}

/// Starts the calls of the work's present wave.
void Device::start_calls(Slot work, Nanos now) {
  Work& started = works_[work];
  Slot next = kNoSlot;
  for (Slot slot = started.first_call; slot != kNoSlot; slot = next) {
    OpenCall& call = calls_[slot];
    next = call.next_of_work;
    if (call.wave != started.wave || call.is_done) continue;
    call.is_started = true;
    ++started.wave_open;
    const Slot pair = call.pair;
    left_behind_.clear();
    const Slot met = matcher_.arrive(slot, now, left_behind_);
    if (met != kNoSlot) schedule(met);
    if (pair != kNoSlot) leave_behind(pair);
    if (on_mismatch_ == OnMismatch::emulate) {
      if (const Slot unalike = matcher_.take_unalike(); unalike != kNoSlot) emulate(unalike, now);
    }
  }
}

void Device::leave_behind(Slot pair) {
  for (const LeftBehind& left : left_behind_) {
    OpenCall* call = &calls_[left.send];
    transfer_.leave_behind(*call);
    const Nanos cost = operation_cost(cost_, CallKind::send, 2, transfer_.bytes(MetCalls(&call, 1)));
    set_timer(left.time + cost, {TimerKind::send_finish, left.send});
  }
  if (const Nanos room = matcher_.next_room(pair); room != kNever) timers_.add(room, {TimerKind::room, pair});
}

void Device::schedule(Slot met) {
  const Place& place = matcher_.place(met);
  collect(place);
  // What a dead rank had started is gone with it: the others wait on.
  if (has_dead() && std::any_of(met_.begin(), met_.end(), [this](const OpenCall* call) {
        return is_dead(call->rank) && !call->left_behind;
      })) {
    return;
  }
  Nanos cost = operation_cost(cost_, met_.front()->kind, place.expected, transfer_.bytes(met_));
  if (!delays_.empty()) cost += extra_delay();
  set_timer(place.latest + cost, {TimerKind::place_finish, met});
  ++match_count_;
}

inline void Device::set_timer(Nanos time, Timer timer) {
  if (hands_over_timers_) {
    handed_over_.push_back({timer, time});
  } else {
    timers_.add(time, timer);
  }
}

void Device::take_timers(std::vector<Due>& timers) {
  timers.insert(timers.end(), handed_over_.begin(), handed_over_.end());
  handed_over_.clear();
}

/// The longest delay between two ranks of the calls in met_.
Nanos Device::extra_delay() const {
  Nanos extra{0};
  const auto takes_part = [this](RankId rank) {
    return std::any_of(met_.begin(), met_.end(), [rank](const OpenCall* call) { return call->rank == rank; });
  };
  for (const LinkDelay& delay : delays_) {
    if (delay.duration > extra && takes_part(delay.a) && takes_part(delay.b)) extra = delay.duration;
  }
  return extra;
}

void Device::delay(RankId a, RankId b, Nanos duration) { delays_.push_back({a, b, duration}); }

void Device::emulate(Slot met, Nanos now) {
  const Place& place = matcher_.place(met);
  collect(place);
  const std::optional<Emulation> emulation =
      emulated(met_, hosts_.is_same_host(met_.front()->rank, met_.back()->rank));
  if (!emulation || (!emulation->first_completes && !emulation->second_completes)) return;
  matcher_.mark_emulated(met);
  const OpenCall& first = *met_.front();
  const bool is_p2p = place.pair != kNoSlot;
  silent_mismatches_.push_back(
      {place.instance, first.number, is_p2p ? first.group_rank : -1, is_p2p ? met_.back()->group_rank : -1});
  const Nanos cost = operation_cost(cost_, first.kind, place.expected, transfer_.bytes(met_));
  timers_.add(now + cost, {TimerKind::place_finish, met});
  ++match_count_;
}

inline void Device::collect(const Place& place) {
  met_.assign(static_cast<std::size_t>(place.expected), nullptr);
  for (Slot slot = place.first_arrival; slot != kNoSlot; slot = calls_[slot].next_arrival) {
    OpenCall& call = calls_[slot];
    const bool is_p2p = place.pair != kNoSlot;
    met_[is_p2p ? (call.kind == CallKind::send ? 0 : 1) : static_cast<std::size_t>(call.group_rank)] = &call;
  }
}

void Device::fire(const Timer& timer, Nanos now, std::vector<Progress>& progressed) {
  if (timer.kind == TimerKind::place_finish) {
    finish_place(timer.subject, now, progressed);
  } else if (timer.kind == TimerKind::room) {
    left_behind_.clear();
    matcher_.make_room(timer.subject, now, left_behind_);
    leave_behind(timer.subject);
  } else {
    GRIDLOCK_CHECK(timer.kind == TimerKind::send_finish);
    digest_.add(now, calls_[timer.subject].rank, static_cast<std::uint64_t>(calls_[timer.subject].sequence));
    complete_call(timer.subject, now, progressed);
  }
}

inline void Device::finish_place(Slot slot, Nanos now, std::vector<Progress>& progressed) {
  const Place& place = matcher_.place(slot);
  if (place.is_cut_off) return;
  if (place.emulated) return finish_unalike(slot, now, progressed);
  collect(place);
  transfer_.finish(met_);
  digest_.add(now, static_cast<std::int32_t>(place.instance), static_cast<std::uint64_t>(place.sequence));
  const Slot first = place.first_arrival;
  matcher_.remove(slot);
  Slot next = kNoSlot;
  for (Slot call = first; call != kNoSlot; call = next) {
    next = calls_[call].next_arrival;
    if (!calls_[call].left_behind) {
      complete_call(call, now, progressed);
    } else if (calls_[call].work == kNoSlot) {
      calls_.remove(call);
    } else {
      calls_[call].is_done = true;
    }
  }
}

/// The place is kept for the call that stays open.
void Device::finish_unalike(Slot slot, Nanos now, std::vector<Progress>& progressed) {
  const Place& place = matcher_.place(slot);
  collect(place);
  const Emulation emulation = *emulated(met_, hosts_.is_same_host(met_.front()->rank, met_.back()->rank));
  const std::array<bool, 2> completes{emulation.first_completes, emulation.second_completes};
  transfer_.finish_unalike(met_, emulation.data, completes);
  digest_.add(now, static_cast<std::int32_t>(place.instance), static_cast<std::uint64_t>(place.sequence));
  std::array<Slot, 2> calls{place.first_arrival, calls_[place.first_arrival].next_arrival};
  if (&calls_[calls[0]] != met_.front()) std::swap(calls[0], calls[1]);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (completes[i] && !calls_[calls[i]].left_behind) complete_call(calls[i], now, progressed);
  }
}

inline void Device::complete_call(Slot slot, Nanos now, std::vector<Progress>& progressed) {
  OpenCall& call = calls_[slot];
  Buffers& buffers = ranks_[static_cast<std::size_t>(call.rank)].buffers;
  buffers.end_use(call.input);
  buffers.end_use(call.output);
  if (!call.left_behind) call.is_done = true;
  const Slot work_slot = call.work;
  Work& work = works_[work_slot];
  work.done = std::max(work.done, now);
  const bool wave_is_done = --work.wave_open == 0;
  if (--work.calls_open == 0) {
    const Nanos done = work.done;
    progressed.push_back({work.rank, work.ticket, done});
    startable_.clear();
    streams_.complete(work_slot, startable_);
    finish_work(work_slot, done);
  } else if (wave_is_done && work.wave < work.wave_last) {
    ++work.wave;
    start_calls(work_slot, work.done);
  }
}

/// Forgets work that has left its streams, and starts what it made room for, in startable_ and elsewhere.
void Device::finish_work(Slot work, Nanos now) {
  const RankId rank = works_[work].rank;
  Slot next = kNoSlot;
  for (Slot call = works_[work].first_call; call != kNoSlot; call = next) {
    next = calls_[call].next_of_work;
    if (calls_[call].left_behind && !calls_[call].is_done) {
      calls_[call].work = kNoSlot;
    } else {
      calls_.remove(call);
    }
  }
  if (slots_.is_limited()) slots_.finished(work);
  works_.remove(work);
  for (const Slot started : startable_) start(started, now);
  if (slots_.is_limited()) start_ready(rank, now);
}

void Device::kill(RankId rank, Nanos now) {
  if (is_dead_.empty()) is_dead_.resize(ranks_.size(), false);
  is_dead_[static_cast<std::size_t>(rank)] = true;
  streams_.for_each_work(rank, [&](Slot work) {
    for (Slot slot = works_[work].first_call; slot != kNoSlot; slot = calls_[slot].next_of_work)
      matcher_.cut_off(slot, now);
  });
}

/// False when the work goes on because all calls that it has left are about to complete.
bool Device::take_back_calls(Slot work, Nanos now) {
  Buffers& buffers = ranks_[static_cast<std::size_t>(works_[work].rank)].buffers;
  for (Slot slot = works_[work].first_call; slot != kNoSlot; slot = calls_[slot].next_of_work) {
    OpenCall& call = calls_[slot];
    if (call.is_done || call.left_behind || (call.is_started && !matcher_.withdraw(slot, now))) continue;
    call.is_done = true;
    buffers.end_use(call.input);
    buffers.end_use(call.output);
    --works_[work].calls_open;
  }
  return works_[work].calls_open == 0;
}

void Device::abort(RankId rank, InstanceId instance, Nanos now, std::vector<Ticket>& aborted) {
  std::vector<Slot> works;
  streams_.for_each_work(rank, [&](Slot work) {
    bool is_on_group = std::find(works.begin(), works.end(), work) != works.end();
    for (Slot slot = works_[work].first_call; slot != kNoSlot; slot = calls_[slot].next_of_work) {
      if (is_on_group || calls_[slot].instance != instance) continue;
      works.push_back(work);
      is_on_group = true;
    }
  });
  for (const Slot work : works) {
    aborted.push_back(works_[work].ticket);
    if (!take_back_calls(work, now)) continue;
    startable_.clear();
    streams_.take_back(work, startable_);
    finish_work(work, now);
  }
}

}  // namespace gridlock::sim
