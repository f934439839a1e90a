#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>

#include "sim/fiber_host.h"
#include "sim/stack_arena.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

/// Counts those alive: a leak when a stalled rank is not unwound.
struct Counted {
  explicit Counted(int& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  int& count_;
};

TEST(FiberTraps, ParkingInsideACatchBlockLeavesTheExceptionsOfOtherRanksAlone) {
  std::vector<std::string> seen;
  const RunResult result = simulate({}, 3, [&](Rank& rank) {
    const std::string mine = "error of rank " + std::to_string(rank.id());
    try {
      throw std::runtime_error(mine);
    } catch (const std::exception&) {
      (void)rank.compute(Nanos{10 - rank.id()});
      try {
        std::rethrow_exception(std::current_exception());
      } catch (const std::exception& again) {
        if (again.what() == mine) seen.push_back(mine);
      }
      (void)rank.compute(Nanos{rank.id() + 1});
    }
    if (std::current_exception() != nullptr) seen.push_back("left over");
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(seen.size(), 3u);
}

TEST(FiberTraps, TheCallersExceptionSurvivesARun) {
  try {
    throw std::runtime_error("mine");
  } catch (const std::exception& mine) {
    (void)simulate({}, 2, [](Rank& rank) {
      if (std::current_exception() != nullptr) rank.complain({});
      (void)rank.compute(Nanos{1});
    });
    EXPECT_NE(std::current_exception(), nullptr);
    EXPECT_STREQ(mine.what(), "mine");
  }
}

TEST(FiberTraps, AStalledRankIsUnwound) {
  int alive = 0;
  const RunResult result = simulate({}, 3, [&](Rank& rank) {
    const Counted counted(alive);
    (void)rank.await("never");
    alive = 100;
  });
  EXPECT_EQ(result.end, RunEnd::quiescent);
  EXPECT_EQ(alive, 0);
}

TEST(FiberTraps, RequestsOfDestructorsDuringUnwindingAnswerWorldEnded) {
  std::vector<StatusCode> answers;
  const RunResult result = simulate(shape_options(), 2, [&](Rank& rank) {
    const std::shared_ptr<void> guard(nullptr, [&](void*) {
      answers.push_back(rank.await("later").code());
      answers.push_back(rank.submit(all_reduce()).status.code());
    });
    (void)rank.await("never");
  });
  EXPECT_EQ(answers, std::vector<StatusCode>(4, StatusCode::world_ended));
  EXPECT_EQ(result.request_count, 2) << "what happens after the end is no part of the run";
}

TEST(FiberTraps, ARankThatSwallowsTheUnwindingStillEnds) {
  int rounds = 0;
  const RunResult result = simulate({}, 1, [&](Rank& rank) {
    try {
      (void)rank.await("never");
    } catch (...) {
      while (true) {
        ++rounds;
        (void)rank.await("never");
      }
    }
  });
  EXPECT_EQ(result.end, RunEnd::quiescent);
  EXPECT_GT(rounds, 1);
}

TEST(FiberTraps, ComplaintsOfARankThatIsUnwoundDoNotCount) {
  const RunResult result = simulate({}, 1, [](Rank& rank) {
    const std::shared_ptr<void> guard(nullptr, [&](void*) { rank.complain({}); });
    (void)rank.await("never");
  });
  EXPECT_TRUE(result.complaints.empty());
}

int deep(int depth) {
  volatile char frame[512] = {};
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? frame[0] : deep(depth - 1) + frame[0];
}

TEST(FiberTrapsDeathTest, AStackOverflowHitsAGuard) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH((void)simulate({}, 2, [](Rank&) { deep(100'000); }), "");
}

TEST(FiberTraps, DeepCallsFitIntoAStackOfTheSizeThatWasAskedFor) {
  RunOptions options;
  options.fiber_stack_bytes = 4 * 1024 * 1024;
  EXPECT_EQ(outcome_of(simulate(options, 2,
                                [](Rank& rank) {
                                  deep(2'000);
                                  (void)rank.compute(Nanos{1});
                                  deep(2'000);
                                })),
            "passed");
}

TEST(FiberTraps, EveryStackHasAGuardOnThisKernel) {
  sim::StackArena arena(3, 16'384);
  const sim::StackArena::Stack first = arena.take();
  const sim::StackArena::Stack second = arena.take();
  EXPECT_EQ(first.size, 16'384u - 4'096u);
  EXPECT_EQ(second.bottom - first.bottom, 16'384);
  EXPECT_NE(arena.guard(), sim::StackArena::Guard::none);
  first.bottom[0] = std::byte{1};
  EXPECT_DEATH(first.bottom[-1] = std::byte{1}, "");
}

TEST(FiberTraps, ARankMayRunAWorldOfItsOwn) {
  std::vector<std::uint64_t> digests;
  const auto inner = [](Rank& rank) {
    (void)rank.compute(Nanos{rank.id()});
    (void)rank.run(all_reduce());
  };
  const RunResult result = simulate(shape_options(), 2, [&](Rank& rank) {
    (void)rank.compute(Nanos{5});
    digests.push_back(simulate(shape_options(), 4, inner).digest);
    (void)rank.run(all_reduce());
    digests.push_back(simulate(shape_options(), 4, inner).digest);
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(digests, std::vector<std::uint64_t>(4, simulate(shape_options(), 4, inner).digest));
}

TEST(FiberTraps, AnInnerWorldThatStallsIsUnwoundInsideItsRank) {
  int alive = 0;
  const RunResult result = simulate({}, 2, [&](Rank& rank) {
    const RunResult inner = simulate({}, 2, [&](Rank& inner_rank) {
      const Counted counted(alive);
      (void)inner_rank.await("never");
    });
    if (inner.end != RunEnd::quiescent || alive != 0) rank.complain({});
    (void)rank.compute(Nanos{1});
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(FiberTraps, FibersAndStacksAreUsedAgain) {
  // Each rank ends before the next begins, so one stack of the arena serves them all.
  int runs = 0;
  sim::FiberHost* host = nullptr;
  sim::FiberHost fibers(1, 65'536, [&](RankId) {
    ++runs;
    if (runs == 3) host->park();
  });
  host = &fibers;
  EXPECT_EQ(fibers.start(0), nullptr);
  EXPECT_EQ(fibers.start(1), nullptr);
  sim::FiberHost::Fiber* parked = fibers.start(2);
  ASSERT_NE(parked, nullptr);
  EXPECT_FALSE(fibers.resume(parked));
  EXPECT_EQ(runs, 3);
}

}  // namespace
}  // namespace gridlock
