#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

using testing::ElementsAre;

TEST(TransferRulesTest, APipelineThatPairsUpIsQuiet) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    for (int m = 0; m < 3; ++m) {
      if (rank > 0) world.rank(rank).at("forward", m).recv("world", rank - 1, 16);
      if (rank < 3) world.rank(rank).at("forward", m).send("world", rank + 1, 16);
    }
  }
  EXPECT_EQ(world.end(), RunEnd::returned);
  EXPECT_TRUE(world.verdict().diagnoses.empty());
}

TEST(TransferRulesTest, ThePeerThatEndsWithoutReceivingIsBlamedForASend) {
  HistoryBuilder world(2);
  world.rank(0).send("world", 1, 16).send("world", 1, 16);
  world.rank(1).recv("world", 0, 16);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_SEND);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(found.blame.relation, Relation::edge);
  EXPECT_EQ(found.waiting, RankSet({0}));
  EXPECT_EQ(world.verdict().outcome, Outcome::stall);
}

TEST(TransferRulesTest, ThePeerThatEndsWithoutSendingIsBlamedForARecv) {
  HistoryBuilder world(2);
  world.rank(0).send("world", 1, 16);
  world.rank(1).recv("world", 0, 16).recv("world", 0, 16);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_RECV);
  EXPECT_EQ(found.blame.ranks, RankSet({0}));
}

TEST(TransferRulesTest, TheOwnerOfOneRecvTooManyInABatchIsBlamed) {
  HistoryBuilder world(2);
  world.rank(0).batch().send("world", 1, 8).send("world", 1, 8).recv("world", 1, 8).end_batch();
  world.rank(1)
      .batch()
      .recv("world", 0, 8)
      .recv("world", 0, 8)
      .send("world", 0, 8)
      .end_batch()
      .barrier("world");
  EXPECT_EQ(world.verdict().diagnoses.front().code, Code::COLL_MISSING_RANK)
      << "the batches themselves pair up";
  HistoryBuilder odd(2);
  odd.rank(0).batch().send("world", 1, 8).send("world", 1, 8).recv("world", 1, 8).end_batch();
  odd.rank(1).batch().recv("world", 0, 8).recv("world", 0, 9).end_batch().barrier("world");
  EXPECT_EQ(odd.verdict().diagnoses.front().code, Code::P2P_SIZE_MISMATCH);
}

TEST(TransferRulesTest, EndsThatDisagreeOnTheSizeAreATie) {
  HistoryBuilder world(2);
  world.rank(0).send("world", 1, 16);
  world.rank(1).recv("world", 0, 17);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_SIZE_MISMATCH);
  EXPECT_EQ(found.blame.relation, Relation::tie);
  EXPECT_THAT(found.blame.alternatives, ElementsAre(RankSet({0}), RankSet({1})));
  EXPECT_EQ(world.verdict().outcome, Outcome::mismatch);
}

TEST(TransferRulesTest, UnevenAllToAllNamesThePairThatDisagrees) {
  HistoryBuilder world(3);
  world.rank(0).all_to_all_v("world", {1, 1, 1, 1, 1, 1});
  world.rank(1).all_to_all_v("world", {1, 1, 2, 1, 1, 1});
  world.rank(2).all_to_all_v("world", {1, 1, 1, 1, 1, 1});
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_SIZE_MISMATCH);
  EXPECT_EQ(found.blame.ranks, RankSet({1, 2}));
}

TEST(TransferRulesTest, WhoDisagreesWithAllOthersInAnUnevenAllToAllIsBlamed) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank)
    world.rank(rank).all_to_all_v("world", std::vector<std::int64_t>(8, rank == 2 ? 5 : 1));
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_SIZE_MISMATCH);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  EXPECT_EQ(found.blame.relation, Relation::minority);
  EXPECT_EQ(
      found.summary,
      "Rank 2 disagreed with several members on what they exchange in all_to_all_v #1 on world, and those "
      "agree with each other: rank 0 sends 1 to rank 2, which expects 5, for one.");
  EXPECT_EQ(found.waiting, RankSet({0, 1, 3}));
}

/// Four ranks send each other one size and then get another back, twice; rank 3 leaves out the second
/// exchange there.
HistoryBuilder exchanges(bool leaves_out) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    const std::int64_t own = rank + 1;
    for (int m = 0; m < 2; ++m) {
      if (rank != 3 || m == 0 || !leaves_out)
        world.rank(rank).at("dispatch", m).all_to_all_v("world", {1, 2, 3, 4, own, own, own, own});
      world.rank(rank).at("combine", m).all_to_all_v("world", {own, own, own, own, 1, 2, 3, 4});
    }
  }
  world.with_plans();
  return world;
}

TEST(TransferRulesTest, AnExchangeThatOneRankLeavesOutIsFoundByTheLabels) {
  const Diagnosis found = exchanges(true).only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_SEQUENCE_SHIFT);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  EXPECT_EQ(found.first_divergence[0].label, "combine [m=1]");
  EXPECT_EQ(found.first_divergence[1].label, "dispatch [m=1]");
}

TEST(TransferRulesTest, ExchangesThatAllMakeAreQuiet) {
  EXPECT_TRUE(exchanges(false).verdict().diagnoses.empty());
}

TEST(CycleRulesTest, TwoRanksThatBothSendFirstAreACycle) {
  HistoryBuilder world(2);
  world.rank(0).send("world", 1, 16).recv("world", 1, 16);
  world.rank(1).send("world", 0, 16).recv("world", 0, 16);
  const Diagnosis found = world.with_plans().only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_CYCLE);
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1}));
  EXPECT_EQ(found.blame.relation, Relation::cycle);
  EXPECT_EQ(found.certainty, Certainty::certain);
  ASSERT_EQ(found.wait_for.size(), 2U);
  EXPECT_EQ(found.wait_for.front().from, found.wait_for.back().to) << "the cycle is closed";
}

TEST(CycleRulesTest, WithoutPlansACycleIsOnlyLikely) {
  HistoryBuilder world(2);
  world.rank(0).send("world", 1, 16).recv("world", 1, 16);
  world.rank(1).send("world", 0, 16).recv("world", 0, 16);
  EXPECT_EQ(world.only_diagnosis().certainty, Certainty::likely);
}

TEST(CycleRulesTest, TheSameInOneBatchCompletes) {
  HistoryBuilder world(2);
  world.rank(0).batch().send("world", 1, 16).recv("world", 1, 16).end_batch();
  world.rank(1).batch().send("world", 0, 16).recv("world", 0, 16).end_batch();
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
}

/// Two groups of the same two ranks, used by rank 0 in one order and by rank 1 in the other.
HistoryBuilder inverted_groups(bool is_async, int second_stream) {
  HistoryBuilder world(2);
  for (RankId rank = 0; rank < 2; ++rank) {
    RankScript& script = world.rank(rank).new_group("a", {0, 1}).new_group("b", {0, 1});
    if (is_async) script.async(0);
    script.all_reduce(rank == 0 ? "a" : "b", 8);
    if (is_async) script.async(second_stream);
    script.all_reduce(rank == 0 ? "b" : "a", 8).synchronize(0).synchronize(second_stream);
  }
  return world;
}

TEST(CycleRulesTest, GroupsUsedInOppositeOrderAreAnOrderCycle) {
  for (const bool is_async : {false, true}) {
    HistoryBuilder world = inverted_groups(is_async, 0);
    const Diagnosis found = world.with_plans().only_diagnosis();
    EXPECT_EQ(found.code, Code::COMM_ORDER_CYCLE);
    EXPECT_EQ(found.blame.ranks, RankSet({0, 1}));
    EXPECT_EQ(found.certainty, Certainty::certain);
  }
}

TEST(CycleRulesTest, GroupsUsedInOppositeOrderOnTwoStreamsComplete) {
  HistoryBuilder world = inverted_groups(true, 1);
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
}

TEST(CycleRulesTest, AWorldCollectiveBeforeASendIsAnOrderCycleOverAllStages) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    world.rank(rank).new_group("pipe0", {0, 2}).new_group("pipe1", {1, 3});
    const std::string pipe = rank % 2 == 0 ? "pipe0" : "pipe1";
    if (rank < 2) world.rank(rank).async().all_reduce("world", 16).send(pipe, 1, 64).synchronize();
    if (rank >= 2) world.rank(rank).async().recv(pipe, 0, 64).all_reduce("world", 16).synchronize();
  }
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COMM_ORDER_CYCLE);
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1, 2, 3}));
}

TEST(CycleRulesTest, AnEventThatWaitsForTheOtherStreamClosesACycle) {
  HistoryBuilder world(2);
  for (RankId rank = 0; rank < 2; ++rank) {
    world.rank(rank).new_group("a", {0, 1}).new_group("b", {0, 1}).async(rank == 0 ? 0 : 1);
    world.rank(rank).all_reduce(rank == 0 ? "a" : "b", 8).stream_waits(rank == 0 ? 1 : 0, rank == 0 ? 0 : 1);
    world.rank(rank)
        .async(rank == 0 ? 1 : 0)
        .all_reduce(rank == 0 ? "b" : "a", 8)
        .synchronize(0)
        .synchronize(1);
  }
  EXPECT_EQ(world.only_diagnosis().code, Code::COMM_ORDER_CYCLE);
}

}  // namespace
}  // namespace gridlock
