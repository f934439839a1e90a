#pragma once

#include <span>
#include <vector>

#include "core/world/world.h"
#include "sim/digest.h"
#include "sim/kernel_slots.h"
#include "sim/matcher.h"
#include "sim/streams.h"
#include "sim/timer_queue.h"
#include "sim/transfer.h"

namespace gridlock::sim {

/// A submit of the rank was completed at that time.
struct Progress {
  RankId rank;
  Ticket ticket;
  Nanos time;
};

/// A timer that is to be fired, and when.
struct Due {
  Timer timer;
  Nanos time;
};

/// The device side of all ranks: work waits in streams, its calls meet at places, and what is complete
/// finishes when its cost has passed. Nothing completes but by a timer, so every completion has its moment in
/// the event order.
class Device {
 public:
  /// All but the options outlive the device.
  Device(const RunOptions& options, const GroupTable& groups, const HistoryStore& store,
         std::vector<RankState>& ranks, TimerQueue& timers, Digest& digest);

  /// An empty work for a submit, to be filled with calls and then submitted.
  Slot new_work(RankId rank, Ticket ticket) {
    const Slot slot = works_.add();
    works_[slot].rank = rank;
    works_[slot].ticket = ticket;
    return slot;
  }
  /// Adds an empty call to the end of the work, to be filled in. Calls of one work must be added in order;
  /// `previous` is the call added before, kNoSlot at first.
  Slot add_call(Slot work, Slot previous) {
    const Slot slot = calls_.add();
    calls_[slot].work = work;
    Work& owner = works_[work];
    (previous == kNoSlot ? owner.first_call : calls_[previous].next_of_work) = slot;
    ++owner.calls_open;
    return slot;
  }
  /// Enqueues the work on the streams that its calls name, and starts it if they are free.
  void submit(Slot work, Nanos now);

  /// Nothing of the rank's device work goes on any more; it stays open.
  void kill(RankId rank, Nanos now);
  /// Takes back the open work of the rank that has a call in the group: its calls leave their places, and its
  /// streams go on. Its tickets are appended to `aborted`.
  void abort(RankId rank, InstanceId instance, Nanos now, std::vector<Ticket>& aborted);
  /// Later messages between the two ranks, and collectives of both, take longer.
  void delay(RankId a, RankId b, Nanos duration);

  /// Handles a timer of a place or a send. Submits that completed are appended to `progressed`.
  void fire(const Timer& timer, Nanos now, std::vector<Progress>& progressed);

  /// From now on timers are not set: whoever takes them sees to it that they are fired.
  void hand_over_timers() { hands_over_timers_ = true; }
  /// Appends what was handed over since the last call.
  void take_timers(std::vector<Due>& timers);
  /// `check(call)` of the calls that a timer completes, until one is false.
  template <typename Check>
  bool all_of(const Timer& timer, Check&& check) const {
    if (timer.kind == TimerKind::send_finish) return check(calls_[timer.subject]);
    Slot slot = matcher_.place(timer.subject).first_arrival;
    while (slot != kNoSlot && (calls_[slot].left_behind || check(calls_[slot])))
      slot = calls_[slot].next_arrival;
    return slot == kNoSlot;
  }

  Streams& streams() { return streams_; }
  const Streams& streams() const { return streams_; }
  Matcher& matcher() { return matcher_; }
  const Provenance& provenance() const { return transfer_.provenance(); }
  const ContendedChoice& slot_contention() const { return slots_.contention(); }
  /// No work is open.
  bool is_idle() const { return works_.live() == 0; }
  std::int64_t match_count() const { return match_count_; }
  const Work& work(Slot slot) const { return works_[slot]; }
  Work& work(Slot slot) { return works_[slot]; }
  const OpenCall& call(Slot slot) const { return calls_[slot]; }
  OpenCall& call(Slot slot) { return calls_[slot]; }
  /// Places where calls met that are not alike and that went on nevertheless.
  std::span<const SilentMismatch> silent_mismatches() const { return silent_mismatches_; }

 private:
  void enqueue_beside(Slot work, StreamId known);
  void start(Slot work, Nanos now);
  void start_calls(Slot work, Nanos now);
  void start_ready(RankId rank, Nanos now);
  bool needs_slot(Slot work) const;
  void schedule(Slot met);
  void set_timer(Nanos time, Timer timer);
  /// Sets the timers of the sends in left_behind_, and of those of the pair that still wait for room.
  void leave_behind(Slot pair);
  void emulate(Slot met, Nanos now);
  void finish_unalike(Slot place, Nanos now, std::vector<Progress>& progressed);
  void finish_work(Slot work, Nanos now);
  Nanos extra_delay() const;
  bool take_back_calls(Slot work, Nanos now);
  bool has_dead() const { return !is_dead_.empty(); }
  bool is_dead(RankId rank) const { return has_dead() && is_dead_[static_cast<std::size_t>(rank)]; }
  void finish_place(Slot place, Nanos now, std::vector<Progress>& progressed);
  void complete_call(Slot call, Nanos now, std::vector<Progress>& progressed);
  /// The calls of a place in group order, or send before recv, in met_.
  void collect(const Place& place);

  struct LinkDelay {
    RankId a;
    RankId b;
    Nanos duration;
  };

  CostParameters cost_;
  OnMismatch on_mismatch_;
  SendCapacity hosts_;
  const GroupTable& groups_;
  TimerQueue& timers_;
  Digest& digest_;
  std::vector<RankState>& ranks_;
  Pool<Work> works_;
  Pool<OpenCall> calls_;
  Streams streams_;
  KernelSlots slots_;
  Matcher matcher_;
  DataTransfer transfer_;
  std::int64_t match_count_ = 0;
  /// Index = rank; empty while nobody died.
  std::vector<bool> is_dead_;
  bool hands_over_timers_ = false;
  std::vector<Due> handed_over_;
  std::vector<LinkDelay> delays_;
  std::vector<SilentMismatch> silent_mismatches_;
  // Scratch.
  std::vector<OpenCall*> met_;
  std::vector<LeftBehind> left_behind_;
  std::vector<Slot> startable_;
  std::vector<StreamId> work_streams_;
};

}  // namespace gridlock::sim
