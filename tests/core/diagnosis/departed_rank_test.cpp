#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

/// Two replicas of two ranks enqueue steps of (reduce over the pair, reduce over the world) and then wait:
/// hosts run ahead of a hang, as on GPUs. `departs` changes what one rank enqueues in a step.
template <typename Departs>
HistoryBuilder steps_ahead(RankId odd, Departs departs) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    RankScript& script = world.rank(rank);
    script.new_group("pair_0", {0, 1}).new_group("pair_1", {2, 3}).async();
    const std::string pair = rank < 2 ? "pair_0" : "pair_1";
    for (int step = 0; step < 4; ++step) {
      if (rank == odd && step == 2) {
        departs(script, pair);
      } else {
        script.all_reduce(pair, 64).all_reduce("world", 1);
      }
    }
    script.synchronize();
  }
  return world;
}

TEST(DepartedRank, ThatLeftOutACallOfAPairIsBlamedAndNotThePairForItsOrder) {
  HistoryBuilder world =
      steps_ahead(3, [](RankScript& script, const std::string&) { script.all_reduce("world", 1); });
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_MISSING_RANK);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  EXPECT_EQ(found.certainty, Certainty::likely);
  EXPECT_EQ(found.first_divergence.front().call, "all_reduce #3 on world, 1 x float32, sum");
  EXPECT_EQ(found.first_divergence.back().call, "all_reduce #3 on pair_1, 64 x float32, sum");
}

TEST(DepartedRank, ThatRepeatedACallIsBlamedAndNotItsPartner) {
  HistoryBuilder world = steps_ahead(1, [](RankScript& script, const std::string& pair) {
    script.all_reduce(pair, 64).all_reduce(pair, 64).all_reduce("world", 1);
  });
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_NE(found.certainty, Certainty::certain);
}

TEST(DepartedRank, IsNobodyWhereBothOnlyUseTheirGroupsInOtherOrders) {
  HistoryBuilder world(2);
  for (RankId rank = 0; rank < 2; ++rank) {
    RankScript& script = world.rank(rank);
    script.new_group("a", {0, 1}).new_group("b", {0, 1}).async();
    script.all_reduce(rank == 0 ? "a" : "b", 8).all_reduce(rank == 0 ? "b" : "a", 8).synchronize();
  }
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COMM_ORDER_CYCLE);
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1}));
}

TEST(DepartedRank, WithAnotherCountInAPairIsToldByTheOtherPair) {
  HistoryBuilder world = steps_ahead(1, [](RankScript& script, const std::string& pair) {
    script.all_reduce(pair, 65).all_reduce("world", 1);
  });
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_COUNT_MISMATCH);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(found.blame.relation, Relation::minority);
  EXPECT_EQ(found.certainty, Certainty::likely);
}

TEST(DepartedRank, IsATieAgainWhenTheOtherPairDoesSomethingElse) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    world.rank(rank).new_group("pair_0", {0, 1}).new_group("pair_1", {2, 3});
    world.rank(rank).all_reduce(rank < 2 ? "pair_0" : "pair_1", rank < 2 ? 64 + rank : 7);
  }
  EXPECT_EQ(world.only_diagnosis().blame.relation, Relation::tie);
  EXPECT_EQ(world.only_diagnosis().blame.ranks, RankSet({0, 1}));
}

TEST(DepartedRank, ThatLeftOutAReceiveIsBlamedWhereLaterSizesFitAgain) {
  HistoryBuilder world(2);
  for (const int count : {10, 500, 20, 30}) {
    world.rank(0).async().send("world", 1, count);
    if (count != 500) world.rank(1).async().recv("world", 0, count);
  }
  world.rank(0).synchronize();
  world.rank(1).synchronize();
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_SEND);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(found.first_divergence.back().call, "send #2 to rank 1 on world, 500 x float32");
}

HistoryBuilder pair_that_disagrees() {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).new_group("pair", {0, 1});
  world.rank(0).all_reduce("pair", 8);
  world.rank(1).all_reduce("pair", 9);
  return world;
}

TEST(PartialEvidence, ATieWithALostHistoryIsUndecided) {
  HistoryBuilder world = pair_that_disagrees();
  EXPECT_EQ(world.only_diagnosis().certainty, Certainty::certain);
  HistoryBuilder partial = pair_that_disagrees();
  partial.forget(3);
  EXPECT_EQ(partial.only_diagnosis().certainty, Certainty::undecided);
}

TEST(PartialEvidence, AMajorityThatTheLostHistoryCannotChangeStaysCertain) {
  HistoryBuilder world(5);
  for (RankId rank = 0; rank < 5; ++rank) world.rank(rank).all_reduce("world", rank == 2 ? 9 : 8);
  world.forget(4);
  EXPECT_EQ(world.only_diagnosis().certainty, Certainty::certain);
  EXPECT_EQ(world.only_diagnosis().blame.ranks, RankSet({2}));
}

TEST(DepartedRank, WhatARankThatTheBackendFailedDidNotDoIsNoCertainCause) {
  HistoryBuilder world(3);
  for (RankId rank = 0; rank < 3; ++rank) {
    world.rank(rank).all_reduce("world", 8);
    if (rank != 1) world.rank(rank).barrier("world");
  }
  world.with_plans();
  EXPECT_EQ(world.only_diagnosis().certainty, Certainty::certain);
  const Verdict failed = judge(world.histories(), RunEnd::backend_error, {});
  EXPECT_EQ(failed.outcome, Outcome::backend_error);
  ASSERT_EQ(failed.diagnoses.size(), 1U);
  EXPECT_EQ(failed.diagnoses.front().certainty, Certainty::likely);
}

}  // namespace
}  // namespace gridlock
