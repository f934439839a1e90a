#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Two groups of all ranks, which the ranks of `odd` use in the other order.
HistoryBuilder swapped(RankId size, const RankSet& odd) {
  HistoryBuilder world(size);
  std::vector<RankId> all;
  for (RankId rank = 0; rank < size; ++rank) all.push_back(rank);
  for (RankId rank = 0; rank < size; ++rank) {
    const bool is_odd = odd.contains(rank);
    world.rank(rank).new_group("a", all).new_group("b", all);
    world.rank(rank).all_reduce(is_odd ? "b" : "a", 8).all_reduce(is_odd ? "a" : "b", 8);
  }
  return world;
}

TEST(CallOrderTest, TheOneMemberWithAnotherOrderIsBlamedForTheCircleOfAll) {
  for (const bool has_plans : {false, true}) {
    HistoryBuilder world = swapped(8, {3});
    if (has_plans) world.with_plans();
    const Diagnosis found = world.only_diagnosis();
    EXPECT_EQ(found.code, Code::COMM_ORDER_CYCLE);
    EXPECT_EQ(found.blame.ranks, RankSet({3}));
    EXPECT_EQ(found.blame.relation, Relation::minority);
    EXPECT_EQ(found.waiting, RankSet({0, 1, 2, 4, 5, 6, 7}));
    ASSERT_EQ(found.first_divergence.size(), 2U);
    EXPECT_EQ(found.first_divergence[0].call, "all_reduce #1 on b, 8 x float32, sum");
    EXPECT_EQ(found.first_divergence[1].call, "all_reduce #1 on a, 8 x float32, sum");
  }
}

TEST(CallOrderTest, AllMembersWithTheRarerOrderAreBlamed) {
  HistoryBuilder world = swapped(8, {1, 4, 6});
  EXPECT_EQ(world.with_plans().only_diagnosis().blame.ranks, RankSet({1, 4, 6}));
}

TEST(CallOrderTest, EqualSidesAreACircleThatIsSaidToBeATie) {
  HistoryBuilder world = swapped(4, {2, 3});
  const Diagnosis found = world.with_plans().only_diagnosis();
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1, 2, 3}));
  EXPECT_EQ(found.blame.relation, Relation::cycle);
  EXPECT_THAT(found.blame.alternatives, testing::UnorderedElementsAre(RankSet({0, 1}), RankSet({2, 3})));
  EXPECT_THAT(found.summary, HasSubstr("it is a tie"));
}

/// Tensor groups of four in a world of `size`: rank 1 uses the world before its tensor group.
HistoryBuilder overlapping(RankId size) {
  HistoryBuilder world(size);
  for (RankId rank = 0; rank < size; ++rank) {
    for (RankId first = 0; first < size; first += 4)
      world.rank(rank).new_group("tensor" + std::to_string(first), {first, first + 1, first + 2, first + 3});
    const std::string tensor = "tensor" + std::to_string(rank / 4 * 4);
    world.rank(rank).all_reduce(rank == 1 ? "world" : tensor, 8).all_reduce(rank == 1 ? tensor : "world", 8);
  }
  return world;
}

TEST(CallOrderTest, OnlyMembersOfBothGroupsDecide) {
  HistoryBuilder world = overlapping(8);
  const Diagnosis found = world.with_plans().only_diagnosis();
  EXPECT_EQ(found.code, Code::COMM_ORDER_CYCLE);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(found.first_divergence[1].ranks, RankSet({0, 2, 3}));
}

/// Both groups on streams of their own: with room for both kernels it passes.
HistoryBuilder on_two_streams(const RankSet& odd) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    RankScript& script = world.rank(rank).new_group("a", {0, 1, 2, 3}).new_group("b", {0, 1, 2, 3});
    const bool is_odd = odd.contains(rank);
    script.async(is_odd ? 1 : 0).all_reduce(is_odd ? "b" : "a", 8);
    script.async(is_odd ? 0 : 1).all_reduce(is_odd ? "a" : "b", 8).synchronize(0).synchronize(1);
  }
  return world;
}

TEST(CallOrderTest, OppositeOrdersThatPassAreARisk) {
  HistoryBuilder world = on_two_streams({2});
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COMM_ORDER_RISK);
  EXPECT_EQ(found.severity, Severity::warning);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  EXPECT_EQ(
      found.summary,
      "Rank 2 called all_reduce #1 on b, 8 x float32, sum first, ranks 0-1, 3 called all_reduce #1 on a, 8 x "
      "float32, sum first; it passed because the devices had room for both at one time.");
}

TEST(CallOrderTest, OneOrderEverywhereIsQuiet) {
  EXPECT_TRUE(on_two_streams({}).verdict().diagnoses.empty());
  EXPECT_TRUE(on_two_streams({0, 1, 2, 3}).verdict().diagnoses.empty());
}

TEST(CallOrderTest, AnOrderThatHostsEnforceByWaitingIsQuiet) {
  HistoryBuilder world(2);
  for (RankId rank = 0; rank < 2; ++rank) {
    RankScript& script = world.rank(rank).new_group("a", {0, 1}).new_group("b", {0, 1});
    for (int step = 0; step < 3; ++step) script.all_reduce("a", 8).all_reduce("b", 8);
  }
  EXPECT_TRUE(world.verdict().diagnoses.empty());
}

}  // namespace
}  // namespace gridlock
