#include "tests/sim/act_machine.h"

#include <algorithm>

namespace gridlock {
namespace {

constexpr int kFirstMade = 1000;

}  // namespace

GroupHandle made_group(int number) { return GroupHandle{kFirstMade + number}; }

Request ActMachine::next(RankContext& rank, const Reply& last) {
  if (last.ticket != Ticket::none) last_ticket_ = last.ticket;
  if (last.group != GroupHandle::none) groups_->push_back(last.group);
  if (next_ > 0) codes_.push_back(last.status.code());
  Request request;
  if (next_ == acts_.size()) return request;
  const Act& act = acts_[next_++];
  calls_ = act.calls;
  for (Call& call : calls_) {
    const int made = static_cast<int>(call.group) - kFirstMade;
    if (made >= 0) call.group = groups_->at(static_cast<std::size_t>(made));
  }
  request.kind = act.kind;
  request.calls = calls_;
  if (!calls_.empty()) request.group = calls_.front().group;
  request.stream = act.stream;
  request.duration = act.duration;
  request.name = act.name;
  request.fails = act.fails;
  request.ticket = last_ticket_;
  spec_ = {Members::range(0, rank.world_size()), BackendKind::nccl, kGroupTimeoutDefault, act.name};
  request.spec = &spec_;
  machines_.clear();
  threads_.clear();
  names_.clear();
  for (const Acts& thread : act.threads) {
    names_.push_back(act.name + std::to_string(names_.size()));
    machines_.push_back(std::make_unique<ActMachine>(thread, *this));
  }
  for (std::size_t i = 0; i < machines_.size(); ++i) threads_.push_back({names_[i], machines_[i].get()});
  request.threads = threads_;
  return request;
}

RankProgram act_program(const std::vector<Acts>& programs) {
  RankProgram program;
  program.world_size = static_cast<RankId>(programs.size());
  program.machine = [&programs](RankId rank) {
    return std::make_unique<ActMachine>(programs[static_cast<std::size_t>(rank)]);
  };
  for (const Acts& acts : programs) {
    for (const Act& act : acts)
      program.thread_max = std::max(program.thread_max, static_cast<std::int32_t>(act.threads.size()));
  }
  return program;
}

}  // namespace gridlock
