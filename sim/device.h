#pragma once

#include <span>
#include <vector>

#include "core/world/world.h"
#include "sim/digest.h"
#include "sim/matcher.h"
#include "sim/streams.h"
#include "sim/timer_queue.h"
#include "sim/transfer.h"

namespace gridlock::sim {

/// The device side of all ranks: work waits in streams, its calls meet at places, and what is complete
/// finishes when its cost has passed. Nothing completes but by a timer, so every completion has its moment in
/// the event order.
class Device {
 public:
  /// All but the options outlive the device.
  Device(const RunOptions& options, const GroupTable& groups, const HistoryStore& store,
         std::vector<RankState>& ranks, TimerQueue& timers, Digest& digest);

  /// An empty work for a submit, to be filled with calls and then submitted.
  Slot new_work(RankId rank, Ticket ticket);
  /// Adds a call to the end of the work. The reference is valid until the work is submitted. Calls of one
  /// work must be added in order; `previous` is the call added before, kNoSlot at first.
  Slot add_call(Slot work, Slot previous, const OpenCall& call);
  /// Enqueues the work on the distinct streams that its calls name, and starts it if they are free.
  void submit(Slot work, std::span<const StreamId> streams, Nanos now);

  /// Handles a timer of a place or a send. Ranks of which a submit completed are appended to `progressed`.
  void fire(const Timer& timer, Nanos now, std::vector<RankId>& progressed);

  Streams& streams() { return streams_; }
  const Streams& streams() const { return streams_; }
  Matcher& matcher() { return matcher_; }
  const Provenance& provenance() const { return transfer_.provenance(); }
  std::int64_t match_count() const { return match_count_; }

 private:
  void start(Slot work, Nanos now);
  void finish_place(Slot place, Nanos now, std::vector<RankId>& progressed);
  void complete_call(Slot call, Nanos now, std::vector<RankId>& progressed);
  /// The calls of a place in group order, or send before recv, in met_.
  void collect(const Place& place);

  CostParameters cost_;
  TimerQueue& timers_;
  Digest& digest_;
  std::vector<RankState>& ranks_;
  Pool<Work> works_;
  Pool<OpenCall> calls_;
  Streams streams_;
  Matcher matcher_;
  DataTransfer transfer_;
  std::int64_t match_count_ = 0;
  // Scratch.
  std::vector<OpenCall*> met_;
  std::vector<Slot> left_behind_;
  std::vector<Slot> startable_;
};

}  // namespace gridlock::sim
