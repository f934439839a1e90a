#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

using std::chrono::seconds;

RunOptions with_timeout(seconds timeout, TimeoutAction action) {
  RunOptions options = shape_options();
  options.semantics.timeout_ns = Nanos(timeout).count();
  options.semantics.on_timeout = action;
  return options;
}

/// Rank 1 comes to the second all_reduce after `late`.
std::function<void(Rank&)> late_by(seconds late) {
  return [late](Rank& rank) {
    (void)rank.run(all_reduce());
    if (rank.id() == 1) (void)rank.compute(late);
    (void)rank.run(all_reduce());
  };
}

TEST(Timeouts, ARankThatWouldComeTooLateIsATimeoutThatSaysByHowMuch) {
  const RunResult result =
      simulate(with_timeout(seconds(7200), TimeoutAction::end_run), 2, late_by(seconds(8000)));
  EXPECT_EQ(outcome_of(result), "timeout");
  const Diagnosis& found = result.verdict.diagnoses.at(0);
  EXPECT_EQ(code_name(found.code), "SLOW_RANK_TIMEOUT");
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(
      found.summary,
      "Rank 1 was still at work when the timeout of those who wait passed at 7200 s; it would have come out "
      "of it 800 s later.");
}

TEST(Timeouts, ARankThatComesInTimeIsNone) {
  EXPECT_EQ(
      outcome_of(simulate(with_timeout(seconds(7200), TimeoutAction::end_run), 2, late_by(seconds(7199)))),
      "passed");
}

TEST(Timeouts, NcclItselfKnowsNone) {
  EXPECT_EQ(
      outcome_of(simulate(with_timeout(seconds(7200), TimeoutAction::ignore), 2, late_by(seconds(8000)))),
      "passed");
}

TEST(Timeouts, EachGroupHasItsOwn) {
  const auto program = [](Rank& rank, seconds timeout) {
    GroupSpec spec;
    spec.members = Members::range(0, 2);
    spec.timeout = timeout;
    const GroupHandle group = rank.new_group(spec).group;
    if (rank.id() == 1) (void)rank.compute(seconds(100));
    (void)rank.run(all_reduce(1, StreamId::main, group));
  };
  const RunOptions options = shape_options();
  EXPECT_EQ(outcome_of(simulate(options, 2, [&](Rank& rank) { program(rank, seconds(99)); })), "timeout");
  EXPECT_EQ(outcome_of(simulate(options, 2, [&](Rank& rank) { program(rank, seconds(101)); })), "passed");
}

TEST(Timeouts, AStallIsAStallAtOnceAndWaitsForNoTimeout) {
  const RunResult result = simulate(with_timeout(seconds(7200), TimeoutAction::end_run), 2, [](Rank& rank) {
    if (rank.id() == 0) (void)rank.run(all_reduce());
  });
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(result.virtual_time, Nanos{0});
}

TEST(Timeouts, RaiseEndsTheWaitAndTheProgramGoesOnWhileTheVerdictIsAboutTheStall) {
  Status status;
  Nanos time{0};
  const RunResult result = simulate(with_timeout(seconds(60), TimeoutAction::raise), 2, [&](Rank& rank) {
    if (rank.id() == 1) return;
    status = rank.run(all_reduce());
    time = rank.now();
  });
  EXPECT_EQ(status, Status(StatusCode::timed_out));
  EXPECT_EQ(time, Nanos(seconds(60)));
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(result.verdict.diagnoses.at(0).blame.ranks, RankSet({1}));
  EXPECT_EQ(result.returned, RankSet({0, 1}));
}

TEST(Timeouts, KillRankEndsTheRankThatWaits) {
  const RunResult result = simulate(with_timeout(seconds(60), TimeoutAction::kill_rank), 2, [](Rank& rank) {
    if (rank.id() == 0) (void)rank.run(all_reduce());
  });
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(result.returned, RankSet({1}));
  EXPECT_EQ(result.virtual_time, Nanos(seconds(60)));
}

TEST(Timeouts, WorkThatIsNotWaitedForTimesOutTooAndItsWaitSaysSo) {
  Status status;
  (void)simulate(with_timeout(seconds(60), TimeoutAction::raise), 2, [&](Rank& rank) {
    if (rank.id() == 1) return;
    const Ticket ticket = rank.submit(all_reduce()).ticket;
    (void)rank.compute(seconds(100));
    status = rank.wait(ticket);
  });
  EXPECT_EQ(status, Status(StatusCode::timed_out));
}

TEST(Timeouts, WaitsBeforeAnythingIsEnqueuedAreNotSeen) {
  RunOptions options = with_timeout(seconds(60), TimeoutAction::end_run);
  options.semantics.first_use_blocks = true;
  const auto program = [](Rank& rank) {
    if (rank.id() == 1) (void)rank.compute(seconds(100));
    (void)rank.run(all_reduce());
  };
  EXPECT_EQ(outcome_of(simulate(options, 2, program)), "passed");
}

}  // namespace
}  // namespace gridlock
