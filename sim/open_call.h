#pragma once

#include <cstdint>

#include "core/grid/group_table.h"
#include "core/rank/call.h"
#include "sim/pool.h"

namespace gridlock::sim {

/// One call between its submit and its completion.
struct OpenCall {
  CallKind kind = CallKind::barrier;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  /// A send that completed before its recv came; its data is in `stash`.
  bool left_behind = false;
  /// A fault changes its output.
  bool corrupt = false;
  bool is_started = false;
  /// Complete (a message that was left behind: received). A call lives as long as its work, and longer as a
  /// message that nobody has received.
  bool is_done = false;
  /// Part of its batch that starts together, from 0 (Semantics::batch_p2p_max).
  std::uint16_t wave = 0;
  RankId rank = kNoRank;
  /// The caller's place in the group, and the call's peer (root or other end).
  GroupRank group_rank = -1;
  GroupRank peer = -1;
  InstanceId instance = InstanceId::none;
  std::int32_t sequence = 0;
  /// Its number in the rank's history (Record::sequence), equal on every world.
  std::int32_t number = 0;
  /// Ordered pair of ranks, for send and recv.
  Slot pair = kNoSlot;
  StreamId stream = StreamId::main;
  Slot work = kNoSlot;
  Slot next_of_work = kNoSlot;
  Slot next_arrival = kNoSlot;
  /// The place, once all have come to it.
  Slot met_at = kNoSlot;
  Slot stash = kNoSlot;
  /// Index into HistoryStore::counts, -1 for even operations.
  std::int32_t counts = -1;
  BufferHandle input = BufferHandle::none;
  BufferHandle output = BufferHandle::none;
  std::int64_t count = 0;
  double scalar = 1.0;
};

/// One submit (a call or a batch) between its submit and its completion.
struct Work {
  RankId rank = kNoRank;
  std::int32_t calls_open = 0;
  /// Streams of this work on which something else is before it.
  std::int32_t streams_blocked = 0;
  Slot first_call = kNoSlot;
  Ticket ticket = Ticket::none;
  Nanos submitted{0};
  /// When the last of its calls that are complete was complete.
  Nanos done{0};
  /// Calls of the present wave that are open, and its number; the last wave of the batch.
  std::int32_t wave_open = 0;
  std::uint16_t wave = 0;
  std::uint16_t wave_last = 0;
  /// Nothing is before it on its streams any more, and it has not got a kernel slot yet.
  bool waits_for_slot = false;
  bool has_slot = false;
  /// Its timeout has passed and was acted upon.
  bool expired = false;
};

}  // namespace gridlock::sim
