#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

TEST(CollectiveRulesTest, AnswersNothingWhenAllMembersMakeEqualCalls) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank)
    world.rank(rank).all_reduce("world", 8).barrier("world").all_gather("world", 2);
  EXPECT_EQ(world.end(), RunEnd::returned);
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
  EXPECT_TRUE(world.verdict().diagnoses.empty());
}

TEST(CollectiveRulesTest, AMinorityWithAnotherCountIsBlamed) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).all_reduce("world", rank == 2 ? 9 : 8);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_COUNT_MISMATCH);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  EXPECT_EQ(found.blame.relation, Relation::minority);
  EXPECT_EQ(found.certainty, Certainty::certain);
  EXPECT_EQ(found.waiting, RankSet({0, 1, 3}));
  EXPECT_EQ(world.verdict().outcome, Outcome::mismatch);
}

TEST(CollectiveRulesTest, ListsOfCountsShowTheElementInWhichTheyDiffer) {
  HistoryBuilder world(3);
  for (RankId rank = 0; rank < 3; ++rank) world.rank(rank).all_gather_v("world", {1, 2, rank == 1 ? 4 : 3});
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_COUNT_MISMATCH);
  EXPECT_EQ(found.first_divergence[0].call,
            "all_gather_v #1 on world, uneven counts of float32, counts[2] = 4");
  EXPECT_EQ(found.first_divergence[1].call,
            "all_gather_v #1 on world, uneven counts of float32, counts[2] = 3");
}

TEST(CollectiveRulesTest, EqualSidesAreATieAndBothAreNamed) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).all_reduce("world", rank < 2 ? 8 : 16);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_COUNT_MISMATCH);
  EXPECT_EQ(found.blame.relation, Relation::tie);
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1, 2, 3}));
  EXPECT_THAT(found.blame.alternatives, testing::ElementsAre(RankSet({0, 1}), RankSet({2, 3})));
}

TEST(CollectiveRulesTest, ALeftOutCallIsFoundWhereTheLabelsPartAndNotWhereTheOthersWait) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    for (int m = 0; m < 4; ++m) {
      if (rank != 3 || m != 2) world.rank(rank).at("activations", m).all_reduce("world", 8);
    }
  }
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_MISSING_RANK);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  ASSERT_EQ(found.first_divergence.size(), 2U);
  EXPECT_EQ(found.first_divergence[0].label, "activations [m=3]");
  EXPECT_EQ(found.first_divergence[1].label, "activations [m=2]");
}

TEST(CollectiveRulesTest, ASkippedCallThatShiftsTheRestIsASequenceShift) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    for (const int count : {10, 20, 30, 40}) {
      if (rank != 2 || count != 20) world.rank(rank).all_reduce("world", count);
    }
  }
  const Diagnosis found = world.with_plans().only_diagnosis();
  EXPECT_EQ(found.code, Code::COLL_SEQUENCE_SHIFT);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
}

}  // namespace
}  // namespace gridlock
