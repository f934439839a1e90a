#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

using std::chrono::seconds;

RunOptions with_fault(Fault fault) {
  RunOptions options = shape_options();
  options.faults = {std::move(fault)};
  return options;
}

Fault fault(FaultKind kind, RankId rank) {
  Fault made;
  made.kind = kind;
  made.ranks = RankSet({rank});
  return made;
}

Fault at_call(Fault made, std::int64_t call) {
  made.at.by = FaultTrigger::By::call;
  made.at.call = call;
  return made;
}

/// Three all_reduces, each after a second of work.
void three_steps(Rank& rank) {
  for (int i = 0; i < 3; ++i) {
    (void)rank.compute(seconds(1));
    if (!rank.run(all_reduce()).ok()) return;
  }
}

const Diagnosis& first(const RunResult& result) { return result.verdict.diagnoses.at(0); }

TEST(Faults, ACrashAtATimeIsBlamedAndTheOthersOnlyWait) {
  Fault crash = fault(FaultKind::crash, 2);
  crash.at.time = Nanos(seconds(1)) + Nanos{500'000'000};
  const RunResult result = simulate(with_fault(crash), 4, three_steps);
  EXPECT_EQ(outcome_of(result), "rank_lost");
  EXPECT_EQ(code_name(first(result).code), "RANK_FAILED_PEERS_WAIT");
  EXPECT_EQ(first(result).blame.ranks, RankSet({2}));
  EXPECT_EQ(first(result).waiting, RankSet({0, 1, 3}));
}

TEST(Faults, ACrashInsteadOfACallLeavesTheCallUnmade) {
  const RunResult result = simulate(with_fault(at_call(fault(FaultKind::crash, 1), 2)), 2, three_steps);
  EXPECT_EQ(host_of(result, 1), HostState::crashed);
  EXPECT_EQ(result.match_count, 1);
}

TEST(Faults, WhatADeadRankHadStartedNeverCompletes) {
  Fault crash = fault(FaultKind::crash, 0);
  crash.at.time = Nanos(seconds(1));
  const RunResult result = simulate(with_fault(crash), 2, [](Rank& rank) {
    if (rank.id() == 0) (void)rank.submit(all_reduce());
    (void)rank.compute(seconds(2));
    if (rank.id() == 1) (void)rank.run(all_reduce());
  });
  EXPECT_EQ(host_of(result, 1), HostState::waiting);
  EXPECT_EQ(first(result).blame.ranks, RankSet({0}));
}

TEST(Faults, AHangIsBlamedAndSaysThatItIsNoWait) {
  const RunResult result = simulate(with_fault(at_call(fault(FaultKind::hang, 1), 2)), 3, three_steps);
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(code_name(first(result).code), "HOST_BLOCKED");
  EXPECT_EQ(first(result).summary,
            "Rank 1 hangs outside any call; others wait for what only that rank could do.");
}

TEST(Faults, AnEarlyExitIsBlamedOnTheRankThatLeft) {
  const RunResult result = simulate(with_fault(at_call(fault(FaultKind::exit, 0), 3)), 2, three_steps);
  EXPECT_EQ(code_name(first(result).code), "RANK_EXITED");
  EXPECT_EQ(first(result).blame.ranks, RankSet({0}));
}

TEST(Faults, ASlowRankTakesItsFactorAsLong) {
  Fault slow = fault(FaultKind::slow, 1);
  slow.factor = 5;
  const RunResult plain = simulate(shape_options(), 2, three_steps);
  const RunResult result = simulate(with_fault(slow), 2, three_steps);
  EXPECT_EQ(result.virtual_time - plain.virtual_time, Nanos(seconds(12)));
}

TEST(Faults, ADelayedLinkHoldsUpWhatBothEndsTakePartIn) {
  Fault delay = fault(FaultKind::delay, 0);
  delay.peers = RankSet({1});
  delay.duration = seconds(3);
  const auto program = [](Rank& rank) {
    if (rank.id() > 0) (void)rank.run(recv(0));
    if (rank.id() == 0) (void)rank.run(send(2));
    if (rank.id() == 0) (void)rank.run(send(1));
  };
  const RunResult plain = simulate(shape_options(), 3, program);
  const RunResult result = simulate(with_fault(delay), 3, program);
  EXPECT_EQ(result.virtual_time - plain.virtual_time, Nanos(seconds(3)));
}

TEST(Faults, AMemberOnAnotherHostSeesADeathAndOneOnTheSameHostDoesNot) {
  RunOptions options = with_fault(at_call(fault(FaultKind::crash, 3), 2));
  options.semantics.death_seen = DeathSeen::other_host;
  options.ranks_per_node = 2;
  std::vector<Status> seen(4);
  const RunResult result = simulate(options, 4, [&](Rank& rank) {
    (void)rank.run(all_reduce());
    seen[static_cast<std::size_t>(rank.id())] = rank.run(all_reduce());
  });
  EXPECT_EQ(seen[0], Status(StatusCode::peer_lost));
  EXPECT_EQ(seen[1], Status(StatusCode::peer_lost));
  EXPECT_EQ(host_of(result, 2), HostState::waiting);
  EXPECT_EQ(first(result).blame.ranks, RankSet({3}));
}

// Every kind of fault, by time and by call: the same on fibers and without stacks.
class Leaver final : public StepMachine {
 public:
  Request next(RankContext& /*rank*/, const Reply& last) override {
    Request request;
    if (done_ == 9 || !last.status.ok()) return request;
    request.kind = done_ % 3 == 0   ? RequestKind::compute
                   : done_ % 3 == 1 ? RequestKind::submit
                                    : RequestKind::wait;
    request.duration = Nanos{1'000};
    call_ = all_reduce();
    if (request.kind == RequestKind::submit) request.calls = std::span<const Call>(&call_, 1);
    if (request.kind == RequestKind::wait) request.ticket = last.ticket;
    ++done_;
    return request;
  }

 private:
  Call call_;
  int done_ = 0;
};

TEST(Faults, AreTheSameOnBothHostings) {
  for (const FaultKind kind : {FaultKind::crash, FaultKind::exit, FaultKind::exception, FaultKind::hang,
                               FaultKind::slow, FaultKind::delay, FaultKind::corrupt}) {
    for (const bool by_time : {true, false}) {
      Fault made = fault(kind, 1);
      made.factor = 3;
      made.peers = RankSet({0});
      made.duration = Nanos{500};
      if (!by_time) made = at_call(made, 2);
      made.at.time = Nanos{1'500};
      RunOptions options = with_fault(made);
      options.semantics.on_timeout = TimeoutAction::kill_rank;
      RankProgram program;
      program.world_size = 3;
      program.machine = [](RankId) { return std::make_unique<Leaver>(); };
      const RunResult stackless = simulate(options, program);
      options.hosting = Hosting::fiber;
      const RunResult fiber = simulate(options, program);
      EXPECT_EQ(stackless.digest, fiber.digest) << fault_name(kind) << by_time;
      EXPECT_EQ(stackless.returned, fiber.returned) << fault_name(kind) << by_time;
    }
  }
}

}  // namespace
}  // namespace gridlock
