#include "tests/nccl_stand_in/stand_in_comm.h"

#include <algorithm>
#include <cstring>

namespace gridlock {
namespace {

bool is_message(const StandInPart& part) {
  return part.movement.kind == CallKind::send || part.movement.kind == CallKind::recv;
}

bool fits(const DataMovement& a, const DataMovement& b) {
  return a.kind == b.kind && a.dtype == b.dtype && a.op == b.op && a.root == b.root && a.count == b.count;
}

template <typename Byte>
std::span<Byte> elements(Byte* at, std::int64_t count, DType dtype) {
  return {at, static_cast<std::size_t>(count) * dtype_size(dtype)};
}

}  // namespace

bool StandInSplit::complete() const {
  return std::all_of(ranks.begin(), ranks.end(), [](const Coming& coming) { return coming.came; });
}

void StandInGroup::add(int rank, const std::shared_ptr<StandInPart>& part) {
  if (is_message(*part)) {
    const bool is_send = part->movement.kind == CallKind::send;
    // root names the other end here.
    Pair& pair = is_send ? pairs_[{rank, part->movement.root}] : pairs_[{part->movement.root, rank}];
    (is_send ? pair.sends : pair.recvs).push_back(part);
    (is_send ? pair.sent : pair.received) = true;
    return;
  }
  const std::int64_t place = called_[rank]++ - first_open_;
  while (static_cast<std::int64_t>(collectives_.size()) <= place) collectives_.emplace_back(comms.size());
  collectives_[static_cast<std::size_t>(place)][static_cast<std::size_t>(rank)] = part;
}

bool StandInGroup::match() {
  bool moved = false;
  for (auto& parts : collectives_) {
    if (std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part && part->done; }))
      continue;
    const bool started =
        std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part && part->started; });
    if (started && run_collective(parts)) moved = true;
  }
  while (!collectives_.empty() && std::all_of(collectives_.front().begin(), collectives_.front().end(),
                                              [](const auto& part) { return part && part->done; })) {
    collectives_.pop_front();
    ++first_open_;
  }
  for (auto& [ends, pair] : pairs_) {
    while (!pair.sends.empty() && !pair.recvs.empty()) {
      StandInPart& send = *pair.sends.front();
      StandInPart& recv = *pair.recvs.front();
      const auto bytes = elements(send.input, send.movement.count, send.movement.dtype);
      const auto into = elements(recv.output, recv.movement.count, recv.movement.dtype);
      if (!send.started || !recv.started || bytes.size() != into.size()) break;
      if (!bytes.empty()) std::memmove(into.data(), bytes.data(), bytes.size());
      send.done = recv.done = moved = true;
      pair.sends.pop_front();
      pair.recvs.pop_front();
    }
  }
  return moved;
}

bool StandInGroup::run_collective(const std::vector<std::shared_ptr<StandInPart>>& parts) const {
  const DataMovement& movement = parts.front()->movement;
  std::vector<std::span<const std::byte>> inputs;
  std::vector<std::span<std::byte>> outputs;
  for (GroupRank rank = 0; rank < movement.size; ++rank) {
    const StandInPart& part = *parts[static_cast<std::size_t>(rank)];
    if (!fits(part.movement, movement)) return false;
    inputs.push_back(elements(part.input, input_count(movement, rank), movement.dtype));
    outputs.push_back(elements(part.output, output_count(movement, rank), movement.dtype));
  }
  run_reference(movement, inputs, outputs);
  for (const auto& part : parts) part->done = true;
  return true;
}

bool StandInGroup::all_called_collective() const { return called_.size() == comms.size(); }

bool StandInGroup::has_called(int from, int to, CallKind end) const {
  const auto pair = pairs_.find({from, to});
  return pair != pairs_.end() && (end == CallKind::send ? pair->second.sent : pair->second.received);
}

}  // namespace gridlock
