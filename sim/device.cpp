#include "sim/device.h"

#include "core/base/check.h"
#include "sim/cost_model.h"

namespace gridlock::sim {

Device::Device(const RunOptions& options, const GroupTable& groups, const HistoryStore& store,
               std::vector<RankState>& ranks, TimerQueue& timers, Digest& digest)
    : cost_(options.cost),
      timers_(timers),
      digest_(digest),
      ranks_(ranks),
      streams_(groups.world_size(), works_),
      matcher_(groups, store, calls_, options.semantics.send_capacity_bytes),
      transfer_(groups, store, ranks, options.payload == Payload::data) {}

Slot Device::new_work(RankId rank, Ticket ticket) {
  const Slot slot = works_.add();
  works_[slot].rank = rank;
  works_[slot].ticket = ticket;
  return slot;
}

Slot Device::add_call(Slot work, Slot previous, const OpenCall& call) {
  const Slot slot = calls_.add();
  OpenCall& added = calls_[slot];
  added = call;
  added.work = work;
  (previous == kNoSlot ? works_[work].first_call : calls_[previous].next_of_work) = slot;
  ++works_[work].calls_open;
  Buffers& buffers = ranks_[static_cast<std::size_t>(call.rank)].buffers;
  buffers.begin_use(call.input);
  buffers.begin_use(call.output);
  return slot;
}

void Device::submit(Slot work, std::span<const StreamId> streams, Nanos now) {
  if (streams_.enqueue(work, streams)) start(work, now);
}

void Device::start(Slot work, Nanos now) {
  Slot next = kNoSlot;
  for (Slot slot = works_[work].first_call; slot != kNoSlot; slot = next) {
    next = calls_[slot].next_of_work;
    left_behind_.clear();
    const Slot met = matcher_.arrive(slot, now, left_behind_);
    if (met != kNoSlot) {
      const Place& place = matcher_.place(met);
      collect(place);
      const Nanos cost = operation_cost(cost_, met_.front()->kind, place.expected, transfer_.bytes(met_));
      timers_.add(place.latest + cost, {TimerKind::place_finish, met});
      ++match_count_;
    }
    for (const Slot send : left_behind_) {
      OpenCall* call = &calls_[send];
      transfer_.leave_behind(*call);
      const Nanos cost = operation_cost(cost_, CallKind::send, 2, transfer_.bytes(MetCalls(&call, 1)));
      timers_.add(now + cost, {TimerKind::send_finish, send});
    }
  }
}

void Device::collect(const Place& place) {
  met_.assign(static_cast<std::size_t>(place.expected), nullptr);
  for (Slot slot = place.first_arrival; slot != kNoSlot; slot = calls_[slot].next_arrival) {
    OpenCall& call = calls_[slot];
    const bool is_p2p = place.pair != kNoSlot;
    met_[is_p2p ? (call.kind == CallKind::send ? 0 : 1) : static_cast<std::size_t>(call.group_rank)] = &call;
  }
}

void Device::fire(const Timer& timer, Nanos now, std::vector<RankId>& progressed) {
  if (timer.kind == TimerKind::place_finish) {
    finish_place(timer.subject, now, progressed);
  } else {
    GRIDLOCK_CHECK(timer.kind == TimerKind::send_finish);
    digest_.add(now, calls_[timer.subject].rank, static_cast<std::uint64_t>(calls_[timer.subject].sequence));
    complete_call(timer.subject, now, progressed);
  }
}

void Device::finish_place(Slot slot, Nanos now, std::vector<RankId>& progressed) {
  const Place& place = matcher_.place(slot);
  collect(place);
  transfer_.finish(met_);
  digest_.add(now, static_cast<std::int32_t>(place.instance), static_cast<std::uint64_t>(place.sequence));
  const Slot first = place.first_arrival;
  matcher_.remove(slot);
  Slot next = kNoSlot;
  for (Slot call = first; call != kNoSlot; call = next) {
    next = calls_[call].next_arrival;
    if (!calls_[call].left_behind) complete_call(call, now, progressed);
    calls_.remove(call);
  }
}

void Device::complete_call(Slot slot, Nanos now, std::vector<RankId>& progressed) {
  const OpenCall& call = calls_[slot];
  Buffers& buffers = ranks_[static_cast<std::size_t>(call.rank)].buffers;
  buffers.end_use(call.input);
  buffers.end_use(call.output);
  const Slot work = call.work;
  if (--works_[work].calls_open > 0) return;
  progressed.push_back(call.rank);
  startable_.clear();
  streams_.complete(work, startable_);
  works_.remove(work);
  for (const Slot started : startable_) start(started, now);
}

}  // namespace gridlock::sim
