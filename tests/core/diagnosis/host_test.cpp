#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

TEST(HostRulesTest, ADeadRankIsBlamedAndNotTheOnesThatWaitForThoseWhoWaitForIt) {
  HistoryBuilder world(4);
  world.rank(3).barrier("world").crash();
  for (RankId rank = 0; rank < 3; ++rank) world.rank(rank).barrier("world");
  world.rank(2).recv("world", 3, 8).send("world", 1, 8);
  world.rank(1).recv("world", 2, 8).send("world", 0, 8);
  world.rank(0).recv("world", 1, 8);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::RANK_FAILED_PEERS_WAIT);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  EXPECT_EQ(found.waiting, RankSet({0, 1, 2}));
  EXPECT_EQ(world.verdict().outcome, Outcome::rank_lost);
}

TEST(HostRulesTest, ARankThatLeftEarlyIsBlamedWhenOthersNeedIt) {
  HistoryBuilder world(3);
  world.rank(0).exit();
  for (RankId rank = 1; rank < 3; ++rank) world.rank(rank).barrier("world");
  EXPECT_EQ(world.only_diagnosis().code, Code::RANK_EXITED);
  EXPECT_EQ(world.only_diagnosis().blame.ranks, RankSet({0}));
}

TEST(HostRulesTest, ARankThatLeftEarlyIsNoTroubleWhenNobodyNeedsIt) {
  HistoryBuilder world(3);
  world.rank(0).exit();
  EXPECT_TRUE(judge(world.histories(), RunEnd::returned, {}).diagnoses.empty());
}

TEST(HostRulesTest, AFailedRankComesBeforeAMismatchElsewhereAndBothAreReported) {
  HistoryBuilder world(6);
  for (RankId rank = 0; rank < 6; ++rank)
    world.rank(rank).new_group("left", {0, 1, 2}).new_group("right", {3, 4, 5});
  world.rank(0).crash();
  for (const RankId rank : {1, 2}) world.rank(rank).barrier("left");
  for (const RankId rank : {3, 4, 5}) world.rank(rank).all_reduce("right", rank == 4 ? 7 : 8);
  const Verdict verdict = world.verdict();
  ASSERT_EQ(verdict.diagnoses.size(), 2U);
  EXPECT_EQ(verdict.diagnoses[0].code, Code::RANK_FAILED_PEERS_WAIT);
  EXPECT_EQ(verdict.diagnoses[0].waiting, RankSet({1, 2}));
  EXPECT_EQ(verdict.diagnoses[1].code, Code::COLL_COUNT_MISMATCH);
  EXPECT_EQ(verdict.diagnoses[1].blame.ranks, RankSet({4}));
  EXPECT_EQ(verdict.outcome, Outcome::rank_lost);
}

TEST(HostRulesTest, ANameThatNobodyPostsBlocksTheHostThatWaitsForIt) {
  HistoryBuilder world(2);
  world.rank(0).post("weights.v1");
  world.rank(1).await("weights.v2");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::HOST_BLOCKED);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(found.summary, "Rank 1 waited for 'weights.v2', which no rank has posted.");
}

TEST(HostRulesTest, APostedNameIsQuiet) {
  HistoryBuilder world(2);
  world.rank(0).post("weights");
  world.rank(1).await("weights");
  EXPECT_TRUE(world.verdict().diagnoses.empty());
}

TEST(HostRulesTest, TheRankThatPostedTheOthersOfThatKindIsBlamedForTheOneThatIsNotPosted) {
  HistoryBuilder world(3);
  world.rank(0).post("batch.0").post("batch.1");
  world.rank(1).await("batch.0").await("batch.1").await("batch.2");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.blame.ranks, RankSet({0}));
  EXPECT_EQ(found.blame.relation, Relation::edge);
  EXPECT_EQ(found.certainty, Certainty::likely);
  EXPECT_EQ(found.waiting, RankSet({1}));
}

TEST(HostRulesTest, TheOneRankThatEndedIsBlamedWhenAllOthersWaitForAName) {
  HistoryBuilder world(4);
  for (RankId rank = 1; rank < 4; ++rank) world.rank(rank).await("go");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.blame.ranks, RankSet({0}));
  EXPECT_EQ(found.summary,
            "Rank 0 never posted 'go', for which ranks 1-3 wait: no other rank is left that could.");
}

TEST(HostRulesTest, RanksThatAwaitEachOthersNamesAreACircle) {
  HistoryBuilder world(2);
  world.rank(0).await("samples").post("weights");
  world.rank(1).await("weights").post("samples");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::HOST_BLOCKED);
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1}));
  EXPECT_EQ(found.blame.relation, Relation::cycle);
  EXPECT_EQ(found.certainty, Certainty::likely);
}

TEST(HostRulesTest, WorkThatNobodyWaitsForIsLeftOver) {
  HistoryBuilder world(2);
  world.rank(0).async().send("world", 1, 8);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(world.end(), RunEnd::returned);
  EXPECT_EQ(found.code, Code::LEFTOVER_WORK);
  EXPECT_EQ(world.verdict().outcome, Outcome::leftover);
}

TEST(HostRulesTest, ARankThatIsStillBusyAtARealTimeoutIsSlowAndOnlyLikelyToBlame) {
  HistoryBuilder world(4);
  world.rank(0).busy();
  for (RankId rank = 1; rank < 4; ++rank) world.rank(rank).barrier("world");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::SLOW_RANK_TIMEOUT);
  EXPECT_EQ(found.blame.ranks, RankSet({0}));
  EXPECT_EQ(found.certainty, Certainty::likely);
  EXPECT_EQ(world.verdict().outcome, Outcome::timeout);
}

TEST(HostRulesTest, ASuspendedRankIsBlamedForTheCallThatAllOfThemEntered) {
  HistoryBuilder world(4);
  world.rank(2).suspend();
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).all_reduce("world", 8);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::HOST_BLOCKED);
  EXPECT_EQ(found.certainty, Certainty::certain);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  EXPECT_EQ(found.waiting, RankSet({0, 1, 3}));
  EXPECT_EQ(
      found.summary,
      "Rank 2: suspended from outside at all_reduce #1 on world, and not continued; others wait for what "
      "could only come from there.");
}

TEST(HostRulesTest, ASuspendedRankIsBlamedForAMessageThatBothEndsEntered) {
  for (const RankId suspended : {0, 1}) {
    HistoryBuilder world(3);
    world.rank(suspended).suspend();
    world.rank(0).send("world", 1, 8);
    world.rank(1).recv("world", 0, 8).send("world", 2, 8);
    world.rank(2).recv("world", 1, 8);
    const Diagnosis found = world.only_diagnosis();
    EXPECT_EQ(found.code, Code::HOST_BLOCKED);
    EXPECT_EQ(found.blame.ranks, RankSet({suspended}));
    EXPECT_EQ(found.certainty, Certainty::certain);
  }
}

TEST(HostRulesTest, ARankSuspendedBeforeACallIsNotSlow) {
  HistoryBuilder world(4);
  world.rank(0).busy().suspend();
  for (RankId rank = 1; rank < 4; ++rank) world.rank(rank).barrier("world");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::HOST_BLOCKED);
  EXPECT_EQ(found.certainty, Certainty::certain);
  EXPECT_EQ(found.blame.ranks, RankSet({0}));
}

TEST(HostRulesTest, ARankSuspendedWhereItWaitsForAnotherIsNotWhereItBegan) {
  HistoryBuilder world(4);
  world.rank(0).suspend();
  for (const RankId rank : {0, 1, 3}) world.rank(rank).barrier("world");
  const Verdict verdict = world.verdict();
  ASSERT_EQ(verdict.diagnoses.size(), 2U);
  EXPECT_EQ(verdict.diagnoses[0].code, Code::COLL_MISSING_RANK);
  EXPECT_EQ(verdict.diagnoses[0].blame.ranks, RankSet({2}));
  EXPECT_EQ(verdict.diagnoses[1].code, Code::HOST_BLOCKED);
  EXPECT_EQ(verdict.diagnoses[1].blame.ranks, RankSet({0}));
}

TEST(JudgeTest, AStallThatNoRuleExplainsStillSaysWhoStandsWhere) {
  Histories histories(2);
  histories.ranks[0].state = HostState::waiting;
  histories.ranks[1].state = HostState::running;
  const Verdict verdict = judge(histories, RunEnd::quiescent, {});
  ASSERT_EQ(verdict.diagnoses.size(), 1U);
  EXPECT_EQ(verdict.diagnoses[0].code, Code::HOST_BLOCKED);
  EXPECT_EQ(verdict.diagnoses[0].certainty, Certainty::undecided);
  EXPECT_EQ(verdict.outcome, Outcome::stall);
}

TEST(JudgeTest, HistoriesThatAreAllLostAreNoCrashAndNotEmpty) {
  const Verdict verdict = judge(Histories(3), RunEnd::quiescent, {});
  ASSERT_EQ(verdict.diagnoses.size(), 1U);
  EXPECT_EQ(verdict.diagnoses[0].certainty, Certainty::undecided);
}

TEST(JudgeTest, CausesBeyondTheListAreCounted) {
  HistoryBuilder world(140);
  for (RankId rank = 0; rank < 140; rank += 2) world.rank(rank).recv("world", rank + 1, 8);
  const Verdict verdict = world.verdict();
  EXPECT_EQ(verdict.diagnoses.size(), 64U);
  EXPECT_EQ(verdict.further_causes, 6U);
  HistoryBuilder one(2);
  one.rank(0).recv("world", 1, 8);
  EXPECT_EQ(one.verdict().further_causes, 0U);
}

TEST(JudgeTest, ComplaintsDecideWhenTheyAreWorseThanTheEnd) {
  const std::vector<Complaint> complaints{{Complaint::Kind::expectation_failed, 0, {}, "sum"}};
  const std::vector<Complaint> wrong{{Complaint::Kind::wrong_result, 0, {}, "sum"}};
  HistoryBuilder passing(2);
  EXPECT_EQ(judge(passing.histories(), RunEnd::returned, complaints).outcome, Outcome::expectation_failed);
  EXPECT_EQ(judge(passing.histories(), RunEnd::returned, wrong).outcome, Outcome::wrong_result);
  HistoryBuilder stuck(2);
  stuck.rank(0).barrier("world");
  EXPECT_EQ(judge(stuck.histories(), RunEnd::quiescent, complaints).outcome, Outcome::stall);
}

TEST(JudgeTest, OtherEndsOfARunAreItsOutcome) {
  HistoryBuilder world(1);
  EXPECT_EQ(judge(world.histories(), RunEnd::step_limit, {}).outcome, Outcome::step_limit);
  EXPECT_EQ(judge(world.histories(), RunEnd::interrupted, {}).outcome, Outcome::interrupted);
  EXPECT_EQ(judge(world.histories(), RunEnd::stopped, {}).outcome, Outcome::interrupted);
  EXPECT_EQ(judge(world.histories(), RunEnd::backend_error, {}).outcome, Outcome::backend_error);
}

}  // namespace
}  // namespace gridlock
