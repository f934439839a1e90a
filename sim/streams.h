#pragma once

#include <vector>

#include "core/history/histories.h"
#include "sim/open_call.h"
#include "sim/pool.h"

namespace gridlock::sim {

/// The streams of all ranks: ordered queues of work, event records and waits for events. An entry is passed
/// when it is at the head and done; work starts when it is at the head of every stream that it uses (rule
/// S01: several streams in one batch are one sync point). Streams and events belong to one rank and come into
/// being at first use.
class Streams {
 public:
  Streams(RankId world_size, Pool<Work>& works);

  /// Appends work to the queue of one of its streams, once for each. It starts when it is before everything
  /// else on all of them: when Work::streams_blocked is 0.
  void enqueue(Slot work, StreamId stream);
  /// Takes completed work off its streams; work that starts now is appended to `startable`. Requires: it had
  /// started.
  void complete(Slot work, std::vector<Slot>& startable);

  /// Takes open work off its streams wherever it stands, as `complete` does.
  void take_back(Slot work, std::vector<Slot>& startable);
  /// Calls `visit(slot)` for all work of the rank, once for each of its streams.
  template <typename Visit>
  void for_each_work(RankId rank, Visit&& visit) const {
    for (Slot slot = first_queue_[static_cast<std::size_t>(rank)]; slot != kNoSlot;
         slot = queues_[slot].next_queue) {
      for (Slot entry = queues_[slot].head; entry != kNoSlot; entry = entries_[entry].next) {
        if (entries_[entry].kind == EntryKind::work) visit(entries_[entry].work);
      }
    }
  }

  /// A point after everything on the stream so far.
  EventId record(RankId rank, StreamId stream);
  bool knows(RankId rank, EventId event) const;
  /// Later entries of the stream wait for the event. Work cannot become startable by this. Requires: knows
  /// the event.
  void wait_event(RankId rank, StreamId stream, EventId event);

  /// Whether the work of a ticket that was given is not complete. O(streams) for the oldest and the newest
  /// ticket of a stream, else O(entries).
  bool is_open(RankId rank, Ticket ticket) const {
    const Slot first = first_queue_[static_cast<std::size_t>(rank)];
    if (first == kNoSlot) return false;
    // Mostly a rank has one stream and asks for what it submitted last.
    const Slot tail = queues_[first].tail;
    const bool is_last = tail != kNoSlot && entries_[tail].kind == EntryKind::work &&
                         works_[entries_[tail].work].ticket == ticket;
    return is_last || is_among(rank, ticket);
  }
  bool is_idle(RankId rank, StreamId stream) const { return depth(rank, stream) == 0; }
  /// Whether nothing but this work is on any stream of the rank; kNoSlot: nothing at all.
  bool holds_only(RankId rank, Slot work) const;
  /// Entries on the stream.
  std::int32_t depth(RankId rank, StreamId stream) const;
  /// The largest depth of any stream of the rank.
  std::int32_t depth_max(RankId rank) const {
    std::int32_t most = 0;
    for (Slot slot = first_queue_[static_cast<std::size_t>(rank)]; slot != kNoSlot;
         slot = queues_[slot].next_queue) {
      if (queues_[slot].depth > most) most = queues_[slot].depth;
    }
    return most;
  }
  /// First open ticket of every stream that holds work, by stream id.
  std::vector<OpenWork> open_work(RankId rank) const;

 private:
  enum class EntryKind : std::uint8_t { work, record, wait };
  struct Entry {
    EntryKind kind = EntryKind::work;
    /// Whether it has been seen at the head, so that a work's streams_blocked counts it once.
    bool at_head = false;
    Slot work = kNoSlot;
    EventId event = EventId::none;
    Slot next = kNoSlot;
  };
  struct Queue {
    StreamId id = StreamId::main;
    std::int32_t depth = 0;
    Slot head = kNoSlot;
    Slot tail = kNoSlot;
    Slot next_queue = kNoSlot;
  };

  bool is_among(RankId rank, Ticket ticket) const;
  Slot find(RankId rank, StreamId stream) const;
  Slot find_or_add(RankId rank, StreamId stream);
  Slot append(Queue& queue, Entry entry);
  void pop(Queue& queue);
  bool is_pending(RankId rank, EventId event) const;
  void advance(RankId rank, std::vector<Slot>& startable);
  bool advance(RankId rank, Queue& queue, std::vector<Slot>& startable);

  Pool<Work>& works_;
  Pool<Queue> queues_;
  Pool<Entry> entries_;
  /// Per rank: its first queue, and the number of events it recorded.
  std::vector<Slot> first_queue_;
  std::vector<std::int32_t> event_count_;
};

}  // namespace gridlock::sim
