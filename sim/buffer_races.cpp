#include "sim/buffer_races.h"

#include <algorithm>

namespace gridlock::sim {
namespace {

using Clock = std::vector<std::int64_t>;

void join(Clock& clock, const Clock& other) {
  if (clock.size() < other.size()) clock.resize(other.size(), 0);
  for (std::size_t i = 0; i < other.size(); ++i) clock[i] = std::max(clock[i], other[i]);
}

void advance(Clock& clock, std::size_t stream, std::int64_t number) {
  if (clock.size() <= stream) clock.resize(stream + 1, 0);
  clock[stream] = std::max(clock[stream], number);
}

bool is_over(const Clock& clock, std::size_t stream, std::int64_t number) {
  return stream < clock.size() && number <= clock[stream];
}

}  // namespace

BufferRaces::Order* BufferRaces::order(RankId rank) const {
  return orders_.empty() ? nullptr : orders_[static_cast<std::size_t>(rank)].get();
}

BufferRaces::Order& BufferRaces::follow(RankId rank) {
  if (orders_.empty()) orders_.resize(static_cast<std::size_t>(groups_.world_size()));
  std::unique_ptr<Order>& own = orders_[static_cast<std::size_t>(rank)];
  if (own != nullptr) return *own;
  own = std::make_unique<Order>();
  std::vector<Slot> open;
  device_.streams().for_each_work(rank, [&open](Slot work) { open.push_back(work); });
  for (const Slot work : open) {
    collect_uses(work);
    add(*own, work);
  }
  return *own;
}

std::size_t BufferRaces::Order::index(StreamId stream) {
  const auto known = std::find(streams.begin(), streams.end(), stream);
  if (known != streams.end()) return static_cast<std::size_t>(known - streams.begin());
  streams.push_back(stream);
  issued.push_back(0);
  before.emplace_back();
  return streams.size() - 1;
}

void BufferRaces::collect_uses(Slot work) {
  uses_.clear();
  const Work& looked_at = device_.work(work);
  TicketCall place{looked_at.ticket, 0};
  for (Slot slot = looked_at.first_call; slot != kNoSlot; slot = device_.call(slot).next_of_work) {
    const OpenCall& call = device_.call(slot);
    const OperationInfo& info = operation(call.kind);
    const GroupRank size = groups_.instance(call.instance).spec.members.size();
    const bool is_uneven = info.count == CountMeaning::per_rank;
    const auto touched = [&](BufferHandle buffer, std::int64_t count) {
      return buffer != BufferHandle::none && (is_uneven || count > 0);
    };
    if (touched(call.input, input_count(call.kind, call.count, size, call.group_rank, call.peer)))
      uses_.push_back({call.input, call.stream, place, false});
    if (touched(call.output, output_count(call.kind, call.count, size, call.group_rank, call.peer)))
      uses_.push_back({call.output, call.stream, place, true});
    ++place.index;
  }
}

void BufferRaces::look_at(Slot work) {
  const Work& added = device_.work(work);
  const OpenCall& first = device_.call(added.first_call);
  const bool is_batch = first.next_of_work != kNoSlot;
  bool needs_order = order(added.rank) != nullptr;
  for (Slot slot = added.first_call; slot != kNoSlot; slot = device_.call(slot).next_of_work) {
    needs_order = needs_order || device_.call(slot).stream != StreamId::main;
  }
  if (!is_batch && !needs_order) return;
  Order* own = needs_order ? &follow(added.rank) : nullptr;
  collect_uses(work);
  if (is_batch) check_batch(added.rank);
  if (own != nullptr) add(*own, work);
}

/// Takes up the submit whose uses are in uses_. A batch is one point in all of its streams (rule S01).
void BufferRaces::add(Order& order, Slot work) {
  const Work& added = device_.work(work);
  std::vector<std::size_t> streams;
  Clock before = order.host;
  for (Slot slot = added.first_call; slot != kNoSlot; slot = device_.call(slot).next_of_work) {
    const std::size_t stream = order.index(device_.call(slot).stream);
    if (std::find(streams.begin(), streams.end(), stream) != streams.end()) continue;
    streams.push_back(stream);
    join(before, order.before[stream]);
  }
  for (const std::size_t stream : streams) order.before[stream] = before;
  for (const Use& use : uses_) check_streams(added.rank, order, use, order.index(use.stream));
  Clock after = before;
  for (const std::size_t stream : streams) {
    order.open.push_back({added.ticket, stream, ++order.issued[stream], before});
    advance(after, stream, order.issued[stream]);
  }
  for (const std::size_t stream : streams) order.before[stream] = after;
}

void BufferRaces::check_batch(RankId rank) {
  // By buffer, so that a batch of many calls costs no more than sorting them.
  std::stable_sort(uses_.begin(), uses_.end(),
                   [](const Use& a, const Use& b) { return a.buffer < b.buffer; });
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    for (std::size_t j = i + 1; j < uses_.size() && uses_[j].buffer == uses_[i].buffer; ++j) {
      if (uses_[i].call.index == uses_[j].call.index || !(uses_[i].writes || uses_[j].writes)) continue;
      report(rank, uses_[i].buffer, uses_[i].call, uses_[j].call);
      break;
    }
  }
}

void BufferRaces::check_streams(RankId rank, Order& order, const Use& use, std::size_t stream) {
  const auto buffer = static_cast<std::size_t>(use.buffer);
  if (order.touches.size() <= buffer) order.touches.resize(buffer + 1);
  std::vector<Touch>& touches = order.touches[buffer];
  const Clock& before = order.before[stream];
  for (const Touch& touch : touches) {
    const bool is_same_call = touch.call.ticket == use.call.ticket;
    if (is_same_call || is_over(before, touch.stream, touch.number)) continue;
    if (touch.writes || use.writes) report(rank, use.buffer, touch.call, use.call);
  }
  // What comes after this touch comes after those before it as well.
  std::erase_if(touches, [&](const Touch& touch) {
    return is_over(before, touch.stream, touch.number) && (use.writes || !touch.writes);
  });
  touches.push_back({stream, order.issued[stream] + 1, use.call, use.writes});
}

void BufferRaces::report(RankId rank, BufferHandle buffer, const TicketCall& first,
                         const TicketCall& second) {
  const auto key = static_cast<std::uint64_t>(rank) << 32U |
                   static_cast<std::uint64_t>(static_cast<std::uint32_t>(buffer));
  if (is_found_.insert(key).second) found_.push_back({rank, buffer, first, second});
}

void BufferRaces::take_as_over(RankId rank, Ticket ticket) {
  Order* own = order(rank);
  if (own == nullptr) return;
  for (const Submit& submit : own->open) {
    if (submit.ticket != ticket) continue;
    join(own->host, submit.before);
    advance(own->host, submit.stream, submit.number);
  }
  std::erase_if(own->open,
                [own](const Submit& submit) { return is_over(own->host, submit.stream, submit.number); });
}

void BufferRaces::synchronized(RankId rank, StreamId stream) {
  Order* own = order(rank);
  if (own != nullptr) join(own->host, own->before[own->index(stream)]);
}

void BufferRaces::recorded(RankId rank, StreamId stream, EventId event) {
  Order& own = follow(rank);
  if (own.events.empty()) own.first_event = event;
  own.events.push_back(own.before[own.index(stream)]);
}

void BufferRaces::stream_waits(RankId rank, StreamId stream, EventId event) {
  Order& own = follow(rank);
  const auto index = static_cast<std::size_t>(event) - static_cast<std::size_t>(own.first_event);
  join(own.before[own.index(stream)], own.events.at(index));
}

void BufferRaces::freed(RankId rank, BufferHandle buffer) {
  Order* own = order(rank);
  const auto index = static_cast<std::size_t>(buffer);
  if (own != nullptr && index < own->touches.size()) own->touches[index].clear();
}

std::vector<BufferRace> BufferRaces::found() const {
  std::vector<BufferRace> races = found_;
  std::stable_sort(races.begin(), races.end(),
                   [](const BufferRace& a, const BufferRace& b) { return a.rank < b.rank; });
  return races;
}

}  // namespace gridlock::sim
