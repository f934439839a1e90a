#include "nccl_backend/open_tickets.h"

#include <algorithm>
#include <utility>

#include "core/rank/result_hash.h"

namespace gridlock {

bool OpenTickets::add(Ticket ticket, std::span<const StreamId> streams, std::vector<GpuCall> calls) {
  Open& open = this->open(ticket);
  open.calls = std::move(calls);
  for (const GpuCall& call : open.calls) {
    if (keep_results_ && !keep_result(call, open)) return false;
  }
  for (const StreamId stream : streams) {
    if (!mark(stream, ticket)) return false;
    open.streams.push_back(stream);
  }
  return true;
}

/// An empty entry for a ticket that is younger than all.
OpenTickets::Open& OpenTickets::open(Ticket ticket) {
  if (unused_.empty()) return open_.emplace_hint(open_.end(), ticket, Open{})->second;
  OpenMap::node_type node = std::move(unused_.back());
  unused_.pop_back();
  node.key() = ticket;
  return open_.insert(open_.end(), std::move(node))->second;
}

bool OpenTickets::keep_result(const GpuCall& call, Open& open) {
  DeviceMemory::Block& copy = open.results.emplace_back();
  if (call.output_bytes == 0) return true;
  copy = device_.memory().allocate(call.output_bytes);
  if (copy == nullptr) return false;
  return faults_.cuda(
      cuda_.copy_on_device(copy->address, call.output, call.output_bytes, *device_.stream(call.stream)),
      "cuMemcpyDtoDAsync");
}

bool OpenTickets::mark(StreamId stream, Ticket ticket) {
  const std::optional<CudaEvent> event = device_.acquire_event();
  if (!event) return false;
  lanes_[stream].marks.push_back({ticket, *event});
  return device_.record(*event, *device_.stream(stream));
}

// A stream reaches its marks in order, so few of many have to be asked for.
bool OpenTickets::look(Lane& lane) {
  const auto is_complete = [&](std::size_t mark) { return device_.is_complete(lane.marks[mark].event); };
  std::size_t low = lane.reached;
  std::size_t high = lane.marks.size();
  // The oldest is mostly the one that is waited for, and without it there is none.
  for (std::size_t next = low; low < high;
       next = high == lane.marks.size() ? high - 1 : low + (high - low) / 2) {
    const std::optional<bool> reached = is_complete(next);
    if (!reached) return false;
    if (*reached) {
      low = next + 1;
    } else {
      high = next;
    }
  }
  lane.reached = low;
  return true;
}

// Requires: everything before it on its streams is complete.
bool OpenTickets::is_reached(Ticket ticket, const Open& open) const {
  return std::all_of(open.streams.begin(), open.streams.end(), [&](StreamId stream) {
    const Lane& lane = lanes_.at(stream);
    return lane.reached > 0 && lane.marks.front().ticket == ticket;
  });
}

bool OpenTickets::poll() {
  if (faults_.any()) return false;
  std::size_t reached = 0;
  for (auto& [stream, lane] : lanes_) {
    if (!look(lane)) return false;
    reached += lane.reached;
  }
  for (auto open = open_.begin(); open != open_.end() && reached > 0;) {
    if (!is_reached(open->first, open->second)) {
      ++open;
      continue;
    }
    reached -= open->second.streams.size();
    if (!complete(open->first, open->second)) return false;
    unused_.push_back(open_.extract(open++));
  }
  for (auto& [stream, lane] : lanes_) {
    const Ticket done = std::exchange(lane.last_done, Ticket::none);
    // With a full log the rank stops at its next request.
    if (done != Ticket::none) static_cast<void>(ledger_.record_done(stream, done));
  }
  return true;
}

bool OpenTickets::complete(Ticket ticket, Open& open) {
  for (std::size_t i = 0; i < open.results.size(); ++i) {
    if (open.results[i] != nullptr && !add_result(open.calls[i], *open.results[i])) return false;
  }
  for (const StreamId stream : open.streams) {
    Lane& lane = lanes_.at(stream);
    device_.release_event(lane.marks.front().event);
    lane.marks.pop_front();
    --lane.reached;
    lane.last_done = ticket;
  }
  open.calls.clear();
  open.streams.clear();
  open.results.clear();
  log_.add_open_tickets(-1);
  return true;
}

bool OpenTickets::add_result(const GpuCall& call, const DeviceBlock& copy) {
  std::vector<std::byte> bytes(call.output_bytes);
  if (!device_.download(copy.address, bytes)) return false;
  const ResultPlace place{call.key, call.kind, call.sequence, call.kind == CallKind::recv ? call.peer : -1};
  log_.add_result(result_hash(place, content_hash(bytes)));
  return true;
}

bool OpenTickets::is_open_now(Ticket ticket) const {
  const auto open = open_.find(ticket);
  if (open == open_.end()) return false;
  for (const StreamId stream : open->second.streams) {
    const std::deque<Mark>& marks = lanes_.at(stream).marks;
    const auto mark = std::lower_bound(marks.begin(), marks.end(), ticket,
                                       [](const Mark& each, Ticket sought) { return each.ticket < sought; });
    const std::optional<bool> reached = device_.is_complete(mark->event);
    if (!reached || !*reached) return true;
  }
  return false;
}

std::int32_t OpenTickets::depth(StreamId stream) const {
  const auto known = lanes_.find(stream);
  return known == lanes_.end() ? 0 : static_cast<std::int32_t>(known->second.marks.size());
}

void OpenTickets::clear() {
  for (const auto& [stream, lane] : lanes_) {
    for (const Mark& mark : lane.marks) device_.release_event(mark.event);
  }
  open_.clear();
  lanes_.clear();
}

}  // namespace gridlock
