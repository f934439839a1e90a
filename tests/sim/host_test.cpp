#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

#include "core/base/input_error.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

TEST(Host, ComputeTakesVirtualTimeOnItsRankOnly) {
  std::vector<Nanos> ends(2);
  const RunResult result = simulate({}, 2, [&](Rank& rank) {
    (void)rank.compute(Nanos{100 * (rank.id() + 1)});
    ends[static_cast<std::size_t>(rank.id())] = rank.now();
  });
  EXPECT_EQ(ends, (std::vector<Nanos>{Nanos{100}, Nanos{200}}));
  EXPECT_EQ(result.virtual_time, Nanos{200});
}

TEST(Host, RanksThatAreReadyAtOneTimeRunInRankOrder) {
  std::vector<RankId> order;
  (void)simulate({}, 5, [&](Rank& rank) {
    (void)rank.compute(Nanos{10 - rank.id()});
    (void)rank.compute(Nanos{rank.id()});
    order.push_back(rank.id());
  });
  EXPECT_EQ(order, (std::vector<RankId>{0, 1, 2, 3, 4}));
}

TEST(Host, AnAwaitPassesWhenItsNameIsPostedBeforeOrAfter) {
  const RunResult result = simulate({}, 3, [](Rank& rank) {
    if (rank.id() == 1) {
      (void)rank.compute(Nanos{50});
      (void)rank.post("ready");
    }
    if (rank.id() == 2) (void)rank.compute(Nanos{100});
    (void)rank.await("ready");
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{100});
}

TEST(Host, AnAwaitTimesOutAtItsDeadlineWhileOthersWork) {
  Nanos when{};
  Status status;
  (void)simulate({}, 2, [&](Rank& rank) {
    if (rank.id() == 1) {
      (void)rank.compute(Nanos{1000});
      (void)rank.post("late");
    } else {
      status = rank.await("late", Nanos{300});
      when = rank.now();
    }
  });
  EXPECT_EQ(status.code(), StatusCode::timed_out);
  EXPECT_EQ(when, Nanos{300});
}

TEST(Host, AnAwaitThatIsPostedAtItsDeadlineHasMadeIt) {
  Status status = StatusCode::timed_out;
  (void)simulate({}, 2, [&](Rank& rank) {
    if (rank.id() == 1) {
      (void)rank.compute(Nanos{300});
      (void)rank.post("in time");
    } else {
      status = rank.await("in time", Nanos{300});
    }
  });
  EXPECT_TRUE(status.ok());
}

TEST(Host, WhenNothingElseCanHappenTheEarliestDeadlineIsNext) {
  std::vector<Nanos> ends(2);
  const RunResult result = simulate({}, 2, [&](Rank& rank) {
    (void)rank.await("never", Nanos{500 - 200 * rank.id()});
    ends[static_cast<std::size_t>(rank.id())] = rank.now();
  });
  EXPECT_EQ(ends, (std::vector<Nanos>{Nanos{500}, Nanos{300}}));
  EXPECT_EQ(result.end, RunEnd::returned);
}

TEST(Host, ADeadlineOfAnAwaitThatPassedDoesNotComeBack) {
  const RunResult result = simulate({}, 2, [](Rank& rank) {
    if (rank.id() == 1) {
      (void)rank.post("first");
      return;
    }
    (void)rank.await("first", Nanos{100});
    (void)rank.await("second");
  });
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(host_of(result, 0), HostState::awaiting);
}

TEST(Host, ARankThatThrowsHasCrashedAndTheOthersGoOn) {
  const RunResult result = simulate({}, 2, [](Rank& rank) {
    if (rank.id() == 1) throw std::runtime_error("out of luck");
    (void)rank.compute(Nanos{5});
  });
  EXPECT_EQ(outcome_of(result), "rank_lost");
  EXPECT_EQ(host_of(result, 1), HostState::crashed);
  EXPECT_EQ(host_of(result, 0), HostState::returned);
  EXPECT_EQ(result.error, "rank 1: out of luck");
}

TEST(Host, ARankThatExitsHasLeftAndItsDestructorsRun) {
  bool cleaned = false;
  const RunResult result = simulate({}, 2, [&](Rank& rank) {
    const std::shared_ptr<void> guard(nullptr, [&](void*) { cleaned = true; });
    Request leave;
    leave.kind = RequestKind::exit;
    if (rank.id() == 0) (void)rank.execute(leave);
  });
  EXPECT_EQ(host_of(result, 0), HostState::exited);
  EXPECT_EQ(host_of(result, 1), HostState::returned);
  EXPECT_TRUE(cleaned);
}

TEST(Host, TheBoundOnRequestsEndsARunThatGoesOnForever) {
  RunOptions options;
  options.step_max = 1000;
  const RunResult result = simulate(options, 2, [](Rank& rank) {
    while (rank.compute(Nanos{1}).ok()) {
    }
  });
  EXPECT_EQ(outcome_of(result), "step_limit");
  EXPECT_EQ(result.request_count, 1000);
}

TEST(Host, AnInterruptEndsTheRunAndBlamesNobody) {
  volatile std::sig_atomic_t interrupt = 0;
  RunOptions options = shape_options();
  options.interrupt = &interrupt;
  const RunResult result = simulate(options, 3, [&](Rank& rank) {
    for (int turn = 0; rank.wait(rank.submit(all_reduce()).ticket).ok(); ++turn) {
      if (rank.id() == 1 && turn == 10) interrupt = 1;
    }
  });
  EXPECT_EQ(outcome_of(result), "interrupted");
  EXPECT_TRUE(result.verdict.diagnoses.empty());
  EXPECT_EQ(result.end, RunEnd::stopped);
}

TEST(Host, TestTellsWhetherATicketIsComplete) {
  std::vector<bool> flags;
  (void)simulate(shape_options(), 1, [&](Rank& rank) {
    Request test;
    test.kind = RequestKind::test;
    test.ticket = rank.submit(all_reduce()).ticket;
    flags.push_back(rank.execute(test).flag);
    (void)rank.wait(test.ticket);
    flags.push_back(rank.execute(test).flag);
  });
  EXPECT_EQ(flags, (std::vector<bool>{false, true}));
}

std::string input_error(const RunOptions& options, const RankProgram& program) {
  try {
    (void)simulate(options, program);
  } catch (const InputError& error) {
    return error.place() + ": " + error.message();
  }
  return "";
}

TEST(Host, BadOptionsAreRefusedBeforeAnythingRuns) {
  const auto never = [](Rank&) { ADD_FAILURE() << "started"; };
  EXPECT_EQ(input_error({}, {0, never, nullptr}), "world_size: expected at least 1, got 0");
  EXPECT_EQ(input_error({}, {1, nullptr, nullptr}), "program: expected main or machine, got neither");
  RunOptions options;
  options.cost.bytes_per_us = 0;
  EXPECT_EQ(input_error(options, {1, never, nullptr}), "cost.bytes_per_us: expected at least 1, got 0");
}

}  // namespace
}  // namespace gridlock
