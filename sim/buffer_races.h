#pragma once

#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "core/history/histories.h"
#include "sim/device.h"

namespace gridlock::sim {

/// Finds calls of one rank that touch one buffer, at least one of them writing, without anything that orders
/// them: calls on other streams without an event between them, or of one batch. What orders them are streams,
/// events and waits of the host, never how long something took. A rank is followed from its first event or
/// its first use of a second stream on, because one stream orders everything but the calls of a batch; work
/// that is complete by then counts as over.
class BufferRaces {
 public:
  /// Both outlive this.
  BufferRaces(const Device& device, const GroupTable& groups) : device_(device), groups_(groups) {}

  /// Work with all its calls, before it is enqueued.
  void submitted(Slot work) {
    const OpenCall& first = device_.call(device_.work(work).first_call);
    const bool is_in_order =
        orders_.empty() && first.next_of_work == kNoSlot && first.stream == StreamId::main;
    if (!is_in_order) look_at(work);
  }
  /// The host knows that the work of the ticket is complete, or that the stream is empty.
  void waited(RankId rank, Ticket ticket) {
    if (!orders_.empty()) take_as_over(rank, ticket);
  }
  void synchronized(RankId rank, StreamId stream);
  void recorded(RankId rank, StreamId stream, EventId event);
  void stream_waits(RankId rank, StreamId stream, EventId event);
  /// The handle will mean another buffer.
  void freed(RankId rank, BufferHandle buffer);

  /// By rank, in the order in which they were found; of each rank the first of each buffer.
  std::vector<BufferRace> found() const;

 private:
  /// Index = stream (its place in Order::streams): how many of its submits are over.
  using Clock = std::vector<std::int64_t>;
  /// A call touches a buffer. A call that reads one and writes it has two uses.
  struct Use {
    BufferHandle buffer = BufferHandle::none;
    StreamId stream = StreamId::main;
    TicketCall call;
    bool writes = false;
  };
  /// A use by submit number `number` of a stream.
  struct Touch {
    std::size_t stream = 0;
    std::int64_t number = 0;
    TicketCall call;
    bool writes = false;
  };
  struct Submit {
    Ticket ticket = Ticket::none;
    std::size_t stream = 0;
    std::int64_t number = 0;
    Clock before;
  };
  struct Order {
    std::vector<StreamId> streams;
    /// Index = stream: its submits so far, and what is over when its next one starts.
    std::vector<std::int64_t> issued;
    std::vector<Clock> before;
    Clock host;
    /// Index = event - first_event.
    std::vector<Clock> events;
    EventId first_event = EventId::none;
    /// What the host does not know to be over, by ticket.
    std::vector<Submit> open;
    /// Index = buffer: what a later touch may race with.
    std::vector<std::vector<Touch>> touches;

    /// The place of a stream, which is added if it is new.
    std::size_t index(StreamId stream);
  };

  void look_at(Slot work);
  void take_as_over(RankId rank, Ticket ticket);
  Order* order(RankId rank) const;
  Order& follow(RankId rank);
  void add(Order& order, Slot work);
  void collect_uses(Slot work);
  void check_batch(RankId rank);
  void check_streams(RankId rank, Order& order, const Use& use, std::size_t stream);
  void report(RankId rank, BufferHandle buffer, const TicketCall& first, const TicketCall& second);

  const Device& device_;
  const GroupTable& groups_;
  /// Index = rank; empty until some rank has to be followed.
  std::vector<std::unique_ptr<Order>> orders_;
  std::vector<BufferRace> found_;
  /// Rank and buffer of each of them. Only looked up.
  std::unordered_set<std::uint64_t> is_found_;
  /// Of the submit that is looked at.
  std::vector<Use> uses_;
};

}  // namespace gridlock::sim
