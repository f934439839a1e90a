#include "tests/world_contract/contract.h"

namespace gridlock {
namespace {

using HangContract = Contract;

TEST_P(HangContract, ARankThatLeavesOutACallIsBlamed) {
  const RunResult result = run_ranks(3, [](Rank& rank) {
    Call call;
    call.kind = CallKind::all_reduce;
    call.count = 4;
    run_checked(rank, call);
    if (rank.id() != 1) run_checked(rank, call);
  });
  EXPECT_EQ(result.end, RunEnd::quiescent);
  EXPECT_EQ(outcome_name(result.verdict.outcome), "stall");
  ASSERT_FALSE(result.verdict.diagnoses.empty());
  const Diagnosis& first = result.verdict.diagnoses.front();
  EXPECT_EQ(code_name(first.code), "COLL_MISSING_RANK");
  EXPECT_EQ(first.blame.ranks, RankSet{1});
  EXPECT_EQ(first.waiting, (RankSet{0, 2}));
}

TEST_P(HangContract, WhereEachRankStoodIsKnown) {
  const RunResult result = run_ranks(2, [](Rank& rank) {
    Call call;
    call.kind = CallKind::barrier;
    // The first use of a group may block the host inside submit (S02).
    (void)rank.run(call);
    if (rank.id() == 0) (void)rank.run(call);
  });
  EXPECT_EQ(result.histories->ranks[0].state, HostState::waiting);
  EXPECT_EQ(result.histories->ranks[1].state, HostState::returned);
  ASSERT_EQ(result.histories->ranks[0].open.size(), 1u);
  EXPECT_EQ(result.histories->ranks[0].open[0].first_open, static_cast<Ticket>(1));
}

TEST_P(HangContract, AnAwaitThatNobodyPostsEndsTheRun) {
  const RunResult result = run_ranks(2, [](Rank& rank) {
    if (rank.id() == 0) (void)rank.await("never");
  });
  EXPECT_EQ(result.end, RunEnd::quiescent);
  EXPECT_EQ(result.histories->ranks[0].state, HostState::awaiting);
}

TEST_P(HangContract, AnAwaitWithALimitTimesOut) {
  expect_passed(run_ranks(1, [](Rank& rank) {
    expect(rank, rank.await("never", std::chrono::milliseconds(10)).code() == StatusCode::timed_out, "await");
  }));
}

INSTANTIATE_TEST_SUITE_P(Worlds, HangContract, testing::ValuesIn(all_worlds()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace gridlock
