#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

/// Two look-alike collectives per step; the ranks of `odd` make them in the other order in step 1.
HistoryBuilder look_alikes(const RankSet& odd) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    for (int step = 0; step < 3; ++step) {
      const bool is_odd = odd.contains(rank) && step == 1;
      world.rank(rank).at(is_odd ? "weights" : "bias", -1, step).all_reduce("world", 8);
      world.rank(rank).at(is_odd ? "bias" : "weights", -1, step).all_reduce("world", 8);
    }
  }
  return world;
}

TEST(LabelWarningTest, LookAlikesThatMetUnderOtherNamesAreNamedWithTheirFirstPair) {
  HistoryBuilder world = look_alikes({2});
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::LABEL_MISMATCH);
  EXPECT_EQ(found.severity, Severity::warning);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  EXPECT_EQ(found.summary,
            "Rank 2 called all_reduce #3 on world, 8 x float32, sum for 'weights [step=1]', where ranks 0-1, "
            "3 called "
            "all_reduce #3 on world, 8 x float32, sum for 'bias [step=1]'.");
}

TEST(LabelWarningTest, EqualNamesAreQuiet) { EXPECT_TRUE(look_alikes({}).verdict().diagnoses.empty()); }

TEST(LabelWarningTest, ProgramsThatNameTheirSidesDifferentlyAreQuiet) {
  HistoryBuilder world(2);
  for (int m = 0; m < 3; ++m) {
    world.rank(0).at("push weights", m).broadcast("world", 8, 0).at("send act", m).send("world", 1, 4);
    world.rank(1).at("pull weights", m).broadcast("world", 8, 0).at("recv act", m).recv("world", 0, 4);
  }
  EXPECT_TRUE(world.verdict().diagnoses.empty());
}

/// Rank 0 sends the micro-batches in this order, rank 1 receives 0, 1, 2, 3.
HistoryBuilder row(const std::vector<int>& order) {
  HistoryBuilder world(2);
  for (const int m : order) world.rank(0).at("activation", m).send("world", 1, 16);
  for (int m = 0; m < 4; ++m) world.rank(1).at("activation", m).recv("world", 0, 16);
  return world;
}

TEST(LabelWarningTest, AMessageOfAnotherMicroBatchIsNamed) {
  HistoryBuilder world = row({0, 2, 1, 3});
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::LABEL_MISMATCH);
  EXPECT_EQ(found.blame.relation, Relation::tie);
  EXPECT_EQ(found.first_divergence[0].label, "activation [m=2]");
  EXPECT_EQ(found.first_divergence[1].label, "activation [m=1]");
}

TEST(LabelWarningTest, MessagesInOrderAreQuiet) {
  EXPECT_TRUE(row({0, 1, 2, 3}).verdict().diagnoses.empty());
}

TEST(LabelWarningTest, CountersThatNeverAgreeAreTwoWaysOfCounting) {
  EXPECT_TRUE(row({4, 5, 6, 7}).verdict().diagnoses.empty());
}

}  // namespace
}  // namespace gridlock
