#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/grid/plan.h"
#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

using testing::ElementsAre;

std::shared_ptr<const Plan> grid(RankId pipe, RankId data, RankId tensor) {
  return std::make_shared<Plan>(
      GridSpec{.topology = ProcessTopology({"pipe", "data", "tensor"}, {pipe, data, tensor}),
               .recipe = areal_recipe(),
               .mapping = RankMapping::identity(pipe * data * tensor)},
      pipe * data * tensor);
}

TEST(CreationRulesTest, TheSameCreationsEverywhereAreQuiet) {
  HistoryBuilder world(8);
  for (RankId rank = 0; rank < 8; ++rank) {
    world.rank(rank)
        .create_grid("actor", grid(2, 2, 2))
        .new_group("pair", {0, 1})
        .all_reduce("actor.tensor", 8);
  }
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
  EXPECT_TRUE(world.verdict().diagnoses.empty());
}

TEST(CreationRulesTest, PairsThatEachCreateTheirOwnGroupAreATie) {
  HistoryBuilder world(4);
  for (const RankId rank : {0, 3}) world.rank(rank).new_group("outer", {0, 3}).barrier("outer");
  for (const RankId rank : {1, 2}) world.rank(rank).new_group("inner", {1, 2}).barrier("inner");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::GROUP_CREATE_DIVERGENT);
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1, 2, 3}));
  EXPECT_EQ(found.blame.relation, Relation::tie);
  EXPECT_THAT(found.blame.alternatives, ElementsAre(RankSet({0, 3}), RankSet({1, 2})));
  EXPECT_EQ(world.verdict().outcome, Outcome::mismatch);
}

TEST(CreationRulesTest, ARankThatBuildsItsGridsInAnotherOrderIsBlamedAtTheFirstDifferentGroup) {
  HistoryBuilder world(8);
  for (RankId rank = 0; rank < 8; ++rank) {
    world.rank(rank).create_grid("x", rank == 5 ? grid(1, 4, 2) : grid(2, 2, 2));
    world.rank(rank).create_grid("y", rank == 5 ? grid(2, 2, 2) : grid(1, 4, 2));
  }
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::GROUP_CREATE_DIVERGENT);
  EXPECT_EQ(found.blame.ranks, RankSet({5}));
  // areal makes the model groups first: all ranks that share a data index.
  EXPECT_EQ(found.first_divergence[0].call, "creation #1: group 'model' of [0, 1], nccl, for a grid");
  EXPECT_EQ(found.first_divergence[1].call, "creation #1: group 'model' of [0, 1, 4, 5], nccl, for a grid");
}

TEST(CreationRulesTest, ARankThatNeverMakesTheCreationIsMissing) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 3; ++rank) world.rank(rank).new_group("g", {0, 1, 2}).all_reduce("g", 4);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::GROUP_CREATE_MISSING_RANK);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  EXPECT_EQ(found.blame.relation, Relation::minority);
  EXPECT_EQ(found.waiting, RankSet({0, 1, 2}));
  EXPECT_EQ(world.verdict().outcome, Outcome::stall);
}

TEST(CreationRulesTest, ARankInACollectiveInsteadOfTheCreationIsMissing) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    if (rank != 2) world.rank(rank).at("make g", -1, -1, "step.json:3").new_group("g", {0, 1, 2});
    world.rank(rank).at("sync", -1, -1, "step.json:7").barrier("world");
  }
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::GROUP_CREATE_MISSING_RANK);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  ASSERT_EQ(found.first_divergence.size(), 2U);
  EXPECT_EQ(found.first_divergence[0].place, "step.json:7");
  EXPECT_EQ(found.first_divergence[1].place, "step.json:3");
  EXPECT_EQ(
      found.hint,
      "Make the calls in one order on every rank: if rank 2 comes to the creation later, move it before "
      "barrier #1 on world; if it never does, let it take part, member or not.");
}

TEST(CreationRulesTest, ARankThatIsStuckElsewhereIsNotBlamedForTheCreation) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    if (rank == 2) world.rank(rank).recv("world", 1, 8);
    world.rank(rank).new_group("g", {0, 1}).barrier("world");
  }
  world.with_plans();
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_RECV);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
}

TEST(RefusedCallTest, ACallOnAGroupWithoutTheRankIsNotAMember) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).new_group("g", {0, 1, 2}).all_reduce("g", 4);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::NOT_A_MEMBER);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  EXPECT_EQ(found.blame.relation, Relation::owner);
  EXPECT_EQ(world.verdict().outcome, Outcome::mismatch);
}

TEST(RefusedCallTest, AWorldRankAsRootOfASmallerGroupIsAConfusionOfRankSpaces) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    world.rank(rank).new_group("g", {2, 3});
    if (rank >= 2) world.rank(rank).broadcast("g", 4, 2);
  }
  const Diagnosis found = world.verdict().diagnoses.front();
  EXPECT_EQ(found.code, Code::RANK_SPACE_CONFUSION);
  EXPECT_EQ(found.blame.ranks, RankSet({2, 3}));
}

TEST(RefusedCallTest, APeerBeyondTheGroupIsAnInvalidCall) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).new_group("g", {0, 1});
  world.rank(0).send("g", 2, 4);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::INVALID_CALL);
  EXPECT_EQ(found.summary,
            "Send #1 to group rank 2 of 2 on g of rank 0 was refused: peer: expected 0 to 1, got 2.");
}

TEST(RankOrderTest, AMappingThatIsNotIncreasingIsAWarningOnAPassingRun) {
  HistoryBuilder world(4);
  const auto plan =
      std::make_shared<Plan>(GridSpec{.topology = ProcessTopology({"pipe", "data", "tensor"}, {1, 2, 2}),
                                      .recipe = areal_recipe(),
                                      .mapping = RankMapping::list({3, 2, 1, 0})},
                             4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).create_grid("actor", plan);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::GROUP_RANK_ORDER_SURPRISE);
  EXPECT_EQ(found.severity, Severity::warning);
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
}

}  // namespace
}  // namespace gridlock
