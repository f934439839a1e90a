#include "nccl_backend/open_tickets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/rank/result_hash.h"

namespace gridlock {

bool OpenTickets::add(Ticket ticket, std::vector<GpuCall> calls) {
  Open& open = open_.emplace_back(Open{ticket, std::move(calls), {}, {}});
  for (const GpuCall& call : open.calls) {
    if (!keep_result(call, open)) return false;
  }
  for (const GpuCall& call : open.calls) {
    const auto is_marked = [&](const Point& point) { return point.stream == call.stream; };
    if (std::any_of(open.points.begin(), open.points.end(), is_marked)) continue;
    if (!mark(call.stream, open)) return false;
  }
  return true;
}

bool OpenTickets::keep_result(const GpuCall& call, Open& open) {
  DeviceMemory::Block& copy = open.results.emplace_back();
  if (!keep_results_ || call.output_bytes == 0) return true;
  copy = device_.memory().allocate(call.output_bytes);
  if (copy == nullptr) return false;
  return faults_.cuda(
      cuda_.copy_on_device(copy->address, call.output, call.output_bytes, *device_.stream(call.stream)),
      "cuMemcpyDtoDAsync");
}

bool OpenTickets::mark(StreamId stream, Open& open) {
  const std::optional<CudaEvent> event = device_.acquire_event();
  if (!event) return false;
  open.points.push_back({stream, *event});
  ++depths_[stream];
  return device_.record(*event, *device_.stream(stream));
}

std::optional<bool> OpenTickets::is_reached(const Open& open) const {
  for (const Point& point : open.points) {
    const std::optional<bool> complete = device_.is_complete(point.event);
    if (!complete || !*complete) return complete;
  }
  return true;
}

bool OpenTickets::poll() {
  if (faults_.any()) return false;
  std::set<StreamId> behind;
  // Once every stream has something open, nothing behind that can be complete.
  for (auto open = open_.begin(); open != open_.end() && behind.size() < depths_.size();) {
    // Looked at only when nothing before it on its streams is open.
    const bool waits = std::any_of(open->points.begin(), open->points.end(),
                                   [&](const Point& point) { return behind.contains(point.stream); });
    const std::optional<bool> reached = waits ? false : is_reached(*open);
    if (!reached) return false;
    if (*reached) {
      if (!complete(*open)) return false;
      open = open_.erase(open);
    } else {
      for (const Point& point : open->points) behind.insert(point.stream);
      ++open;
    }
  }
  return true;
}

bool OpenTickets::complete(Open& open) {
  for (std::size_t i = 0; i < open.calls.size(); ++i) {
    if (open.results[i] != nullptr && !add_result(open.calls[i], *open.results[i])) return false;
  }
  for (const Point& point : open.points) {
    // With a full log the rank stops at its next request.
    static_cast<void>(ledger_.record_done(point.stream, open.ticket));
    device_.release_event(point.event);
    if (--depths_[point.stream] == 0) depths_.erase(point.stream);
  }
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

bool OpenTickets::is_open(Ticket ticket) const {
  return std::any_of(open_.begin(), open_.end(), [&](const Open& open) { return open.ticket == ticket; });
}

bool OpenTickets::is_open_now(Ticket ticket) const {
  const auto open =
      std::find_if(open_.begin(), open_.end(), [&](const Open& each) { return each.ticket == ticket; });
  if (open == open_.end()) return false;
  const std::optional<bool> reached = is_reached(*open);
  return !reached || !*reached;
}

std::int32_t OpenTickets::depth(StreamId stream) const {
  const auto known = depths_.find(stream);
  return known == depths_.end() ? 0 : known->second;
}

void OpenTickets::clear() {
  for (const Open& open : open_) {
    for (const Point& point : open.points) device_.release_event(point.event);
  }
  open_.clear();
  depths_.clear();
}

}  // namespace gridlock
