#include "sim/streams.h"

#include <algorithm>

#include "core/base/check.h"

namespace gridlock::sim {
namespace {

std::size_t index(RankId rank) { return static_cast<std::size_t>(rank); }

}  // namespace

Streams::Streams(RankId world_size, Pool<Work>& works)
    : works_(works), first_queue_(index(world_size), kNoSlot), event_count_(index(world_size), 0) {}

// Called for every request: within this file the compiler is asked to put them in place.

inline Slot Streams::find(RankId rank, StreamId stream) const {
  Slot slot = first_queue_[index(rank)];
  while (slot != kNoSlot && queues_[slot].id != stream) slot = queues_[slot].next_queue;
  return slot;
}

inline Slot Streams::find_or_add(RankId rank, StreamId stream) {
  Slot slot = find(rank, stream);
  if (slot != kNoSlot) return slot;
  slot = queues_.add();
  queues_[slot].id = stream;
  queues_[slot].next_queue = first_queue_[index(rank)];
  first_queue_[index(rank)] = slot;
  return slot;
}

inline Slot Streams::append(Queue& queue, Entry entry) {
  const Slot slot = entries_.add();
  entry.at_head = queue.head == kNoSlot;
  entries_[slot] = entry;
  if (queue.head == kNoSlot) {
    queue.head = slot;
  } else {
    entries_[queue.tail].next = slot;
  }
  queue.tail = slot;
  ++queue.depth;
  return slot;
}

inline void Streams::pop(Queue& queue) {
  const Slot head = queue.head;
  queue.head = entries_[head].next;
  if (queue.head == kNoSlot) queue.tail = kNoSlot;
  --queue.depth;
  entries_.remove(head);
}

void Streams::enqueue(Slot work, StreamId stream) {
  Work& added = works_[work];
  Queue& queue = queues_[find_or_add(added.rank, stream)];
  if (queue.head != kNoSlot) ++added.streams_blocked;
  append(queue, {EntryKind::work, false, work, EventId::none, kNoSlot});
}

/// True when an event record was passed.
inline bool Streams::advance(RankId rank, Queue& queue, std::vector<Slot>& startable) {
  bool passed_event = false;
  while (queue.head != kNoSlot) {
    Entry& head = entries_[queue.head];
    if (head.kind == EntryKind::work) {
      if (!head.at_head && --works_[head.work].streams_blocked == 0) startable.push_back(head.work);
      head.at_head = true;
      break;
    }
    if (head.kind == EntryKind::wait && is_pending(rank, head.event)) break;
    passed_event = passed_event || head.kind == EntryKind::record;
    pop(queue);
  }
  return passed_event;
}

// An event that one stream passes may let another stream of the rank go on, in either order of the list.
inline void Streams::advance(RankId rank, std::vector<Slot>& startable) {
  bool passed_event = true;
  while (passed_event) {
    passed_event = false;
    for (Slot slot = first_queue_[index(rank)]; slot != kNoSlot; slot = queues_[slot].next_queue) {
      if (advance(rank, queues_[slot], startable)) passed_event = true;
    }
  }
}

void Streams::complete(Slot work, std::vector<Slot>& startable) {
  const RankId rank = works_[work].rank;
  bool goes_on = false;
  for (Slot slot = first_queue_[index(rank)]; slot != kNoSlot; slot = queues_[slot].next_queue) {
    Queue& queue = queues_[slot];
    if (queue.head == kNoSlot) continue;
    const Entry& head = entries_[queue.head];
    if (head.kind == EntryKind::work && head.work == work) pop(queue);
    goes_on = goes_on || queue.head != kNoSlot;
  }
  if (goes_on) advance(rank, startable);
}

void Streams::take_back(Slot work, std::vector<Slot>& startable) {
  const RankId rank = works_[work].rank;
  for (Slot slot = first_queue_[index(rank)]; slot != kNoSlot; slot = queues_[slot].next_queue) {
    Queue& queue = queues_[slot];
    Slot before = kNoSlot;
    for (Slot entry = queue.head; entry != kNoSlot; before = entry, entry = entries_[entry].next) {
      if (entries_[entry].kind != EntryKind::work || entries_[entry].work != work) continue;
      (before == kNoSlot ? queue.head : entries_[before].next) = entries_[entry].next;
      if (queue.tail == entry) queue.tail = before;
      --queue.depth;
      entries_.remove(entry);
      break;
    }
  }
  advance(rank, startable);
}

EventId Streams::record(RankId rank, StreamId stream) {
  const auto event = static_cast<EventId>(event_count_[index(rank)]++);
  const Slot queue = find(rank, stream);
  if (queue != kNoSlot && queues_[queue].head != kNoSlot) {
    append(queues_[queue], {EntryKind::record, false, kNoSlot, event, kNoSlot});
  }
  return event;
}

bool Streams::knows(RankId rank, EventId event) const {
  return event > EventId::none && static_cast<std::int32_t>(event) < event_count_[index(rank)];
}

void Streams::wait_event(RankId rank, StreamId stream, EventId event) {
  if (!is_pending(rank, event)) return;
  append(queues_[find_or_add(rank, stream)], {EntryKind::wait, false, kNoSlot, event, kNoSlot});
}

bool Streams::is_pending(RankId rank, EventId event) const {
  for (Slot slot = first_queue_[index(rank)]; slot != kNoSlot; slot = queues_[slot].next_queue) {
    for (Slot entry = queues_[slot].head; entry != kNoSlot; entry = entries_[entry].next) {
      if (entries_[entry].kind == EntryKind::record && entries_[entry].event == event) return true;
    }
  }
  return false;
}

bool Streams::is_among(RankId rank, Ticket ticket) const {
  const auto holds = [&](Slot entry) {
    return entries_[entry].kind == EntryKind::work && works_[entries_[entry].work].ticket == ticket;
  };
  for (Slot slot = first_queue_[index(rank)]; slot != kNoSlot; slot = queues_[slot].next_queue) {
    const Queue& queue = queues_[slot];
    if (queue.head == kNoSlot) continue;
    if (holds(queue.tail)) return true;
    for (Slot entry = queue.head; entry != kNoSlot; entry = entries_[entry].next) {
      if (holds(entry)) return true;
      // Tickets grow along a queue.
      if (entries_[entry].kind == EntryKind::work && works_[entries_[entry].work].ticket > ticket) break;
    }
  }
  return false;
}

bool Streams::holds_only(RankId rank, Slot work) const {
  for (Slot slot = first_queue_[index(rank)]; slot != kNoSlot; slot = queues_[slot].next_queue) {
    const Queue& queue = queues_[slot];
    if (queue.head != kNoSlot && (queue.depth > 1 || entries_[queue.head].work != work)) return false;
  }
  return true;
}

std::int32_t Streams::depth(RankId rank, StreamId stream) const {
  const Slot queue = find(rank, stream);
  return queue == kNoSlot ? 0 : queues_[queue].depth;
}

std::vector<OpenWork> Streams::open_work(RankId rank) const {
  std::vector<OpenWork> open;
  for (Slot slot = first_queue_[index(rank)]; slot != kNoSlot; slot = queues_[slot].next_queue) {
    Slot entry = queues_[slot].head;
    while (entry != kNoSlot && entries_[entry].kind != EntryKind::work) entry = entries_[entry].next;
    if (entry == kNoSlot) continue;
    const Work& first = works_[entries_[entry].work];
    open.push_back({queues_[slot].id, first.ticket, first.waits_for_slot});
  }
  std::sort(open.begin(), open.end(),
            [](const OpenWork& a, const OpenWork& b) { return a.stream < b.stream; });
  return open;
}

}  // namespace gridlock::sim
