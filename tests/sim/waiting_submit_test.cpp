#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "core/history/transcript.h"
#include "tests/sim/programs.h"
#include "tests/sim/random_machine.h"

namespace gridlock {
namespace {

/// Waits for every submit of a random program: in the request of the submit, or in one of its own.
class Waiting final : public StepMachine {
 public:
  Waiting(std::unique_ptr<StepMachine> program, bool in_one)
      : program_(std::move(program)), in_one_(in_one) {}

  Request next(RankContext& rank, const Reply& last) override {
    Reply passed = last;
    if (std::exchange(has_submitted_, false) && last.status.ok()) {
      ticket_ = last.ticket;
      Request wait;
      wait.kind = RequestKind::wait;
      wait.ticket = ticket_;
      return wait;
    }
    if (ticket_ != Ticket::none) passed.ticket = std::exchange(ticket_, Ticket::none);
    Request made = program_->next(rank, passed);
    if (made.kind != RequestKind::submit) return made;
    made.waits = in_one_;
    has_submitted_ = !in_one_;
    return made;
  }

 private:
  std::unique_ptr<StepMachine> program_;
  bool in_one_;
  bool has_submitted_ = false;
  Ticket ticket_ = Ticket::none;
};

RunResult run(std::uint64_t seed, const RunOptions& options, bool in_one) {
  constexpr RankId kRanks = 5;
  constexpr int kSteps = 40;
  RankProgram program;
  program.world_size = kRanks;
  program.machine = [=](RankId rank) {
    return std::make_unique<Waiting>(std::make_unique<RandomMachine>(seed, rank, kRanks, kSteps), in_one);
  };
  return simulate(options, program);
}

void expect_one_run(RunOptions options) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::size_t picks = 0;
    const bool picks_turns = options.pick_turn != nullptr;
    const auto pick = [&picks](std::size_t count) { return ++picks * 7 % count; };
    if (picks_turns) options.pick_turn = pick;
    const RunResult two = run(seed, options, false);
    picks = 0;
    const RunResult one = run(seed, options, true);
    EXPECT_EQ(one.digest, two.digest) << seed;
    EXPECT_EQ(one.request_count, two.request_count) << seed;
    EXPECT_EQ(one.virtual_time, two.virtual_time) << seed;
    EXPECT_EQ(outcome_of(one), outcome_of(two)) << seed;
    EXPECT_EQ(make_transcript(*one.histories).hash, make_transcript(*two.histories).hash) << seed;
  }
}

TEST(WaitingSubmit, IsTheRunOfTwoRequests) { expect_one_run(shape_options()); }

TEST(WaitingSubmit, IsTheRunOfTwoRequestsOnFibers) {
  RunOptions options = shape_options();
  options.hosting = Hosting::fiber;
  expect_one_run(options);
}

TEST(WaitingSubmit, IsTheRunOfTwoRequestsWhereHostsMeetAtFirstUse) {
  RunOptions options = shape_options();
  options.semantics.first_use_blocks = true;
  options.semantics.lazy_communicators = true;
  expect_one_run(options);
}

TEST(WaitingSubmit, IsTheRunOfTwoRequestsWhereSubmitsBlockTheHost) {
  RunOptions options = shape_options();
  options.semantics.blocks_host = true;
  expect_one_run(options);
}

TEST(WaitingSubmit, IsTheRunOfTwoRequestsWhereARankDies) {
  RunOptions options = shape_options();
  Fault crash;
  crash.ranks = RankSet({2});
  crash.at.by = FaultTrigger::By::call;
  crash.at.call = 4;
  options.faults.push_back(crash);
  expect_one_run(options);
}

TEST(WaitingSubmit, IsTheRunOfTwoRequestsInAnOrderOfTurnsThatSomebodyPicks) {
  RunOptions options = shape_options();
  options.pick_turn = [](std::size_t) { return std::size_t{0}; };
  expect_one_run(options);
}

}  // namespace
}  // namespace gridlock
