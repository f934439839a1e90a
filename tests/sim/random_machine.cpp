#include "tests/sim/random_machine.h"

#include <string>

namespace gridlock {

RandomMachine::RandomMachine(std::uint64_t seed, RankId rank, RankId world_size, int step_count)
    : state_(seed * 2 + 1),
      leaves_out_(seed % 3 == 0 && rank == static_cast<RankId>(seed) % world_size),
      rank_(rank),
      world_size_(world_size),
      steps_left_(step_count) {}

std::uint64_t RandomMachine::draw(std::uint64_t bound) {
  state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return (state_ >> 33) % bound;
}

Request RandomMachine::collective(RankContext& rank) {
  Request request;
  request.kind = RequestKind::submit;
  Call& call = calls_[0] = Call{};
  call.kind = draw(2) == 0 ? CallKind::all_reduce : CallKind::all_gather;
  call.stream = static_cast<StreamId>(draw(3));
  call.group = group_;
  call.count = static_cast<std::int64_t>(draw(5));
  call.input = rank.allocate(call.count, DType::float32);
  call.output = rank.allocate(call.count * world_size_, DType::float32);
  request.calls = std::span(calls_).first(1);
  if (leaves_out_) {
    leaves_out_ = false;
    request.calls = {};
  }
  return request;
}

Request RandomMachine::ring(RankContext& rank) {
  Request request;
  request.kind = RequestKind::submit;
  const auto count = static_cast<std::int64_t>(draw(4));
  for (int i = 0; i < 2; ++i) {
    Call& call = calls_[static_cast<std::size_t>(i)] = Call{};
    call.kind = i == 0 ? CallKind::send : CallKind::recv;
    call.peer = (rank_ + (i == 0 ? 1 : world_size_ - 1)) % world_size_;
    call.count = count;
    (i == 0 ? call.input : call.output) = rank.allocate(count, DType::float32);
  }
  request.calls = calls_;
  return request;
}

Request RandomMachine::next(RankContext& rank, const Reply& last) {
  if (last.ticket != Ticket::none) last_ticket_ = last.ticket;
  if (last.event != EventId::none) last_event_ = last.event;
  if (last.group != GroupHandle::none) group_ = last.group;
  Request request;
  if (steps_left_-- == 0) return request;
  request.ticket = last_ticket_;
  request.event = last_event_;
  request.stream = static_cast<StreamId>(draw(3));
  switch (draw(10)) {
    case 0:
      return ring(rank);
    case 1:
      request.kind = RequestKind::compute;
      request.duration = Nanos{static_cast<std::int64_t>(draw(1000)) * (rank_ % 3)};
      break;
    case 2:
      request.kind = RequestKind::wait;
      break;
    case 3:
      request.kind = RequestKind::synchronize;
      break;
    case 4:
      request.kind = draw(2) == 0 ? RequestKind::record : RequestKind::test;
      break;
    case 5:
      request.kind = RequestKind::stream_wait;
      break;
    case 6:
      request.kind = rank_ == 0 ? RequestKind::post : RequestKind::await;
      name_ = "edge " + std::to_string(steps_left_);
      request.name = name_;
      break;
    case 7:
      request.kind = RequestKind::new_group;
      spec_ = {Members::range(0, world_size_), draw(2) == 0 ? BackendKind::nccl : BackendKind::gloo,
               kGroupTimeoutDefault, "again"};
      request.spec = &spec_;
      break;
    default:
      return collective(rank);
  }
  return request;
}

RankProgram random_program(std::uint64_t seed, RankId world_size, int step_count) {
  return {world_size, nullptr,
          [=](RankId rank) { return std::make_unique<RandomMachine>(seed, rank, world_size, step_count); }};
}

}  // namespace gridlock
