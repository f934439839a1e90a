// Calls that completed although they were not alike, as the histories of a real run tell them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(SilentCalls, OfOneRankWithAnotherRootAreBlamedOnIt) {
  HistoryBuilder world(4);
  world.completes_anything();
  for (RankId rank = 0; rank < 4; ++rank)
    world.rank(rank).all_reduce("world", 8).broadcast("world", 8, rank == 2 ? 1 : 0).all_reduce("world", 8);
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(world.end(), RunEnd::returned);
  EXPECT_EQ(found.code, Code::COLL_ROOT_MISMATCH);
  EXPECT_EQ(found.severity, Severity::silent_wrong_result);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  EXPECT_EQ(world.verdict().outcome, Outcome::mismatch);
}

TEST(SilentCalls, ThatAreAlikeAreQuiet) {
  HistoryBuilder world(4);
  world.completes_anything();
  for (RankId rank = 0; rank < 4; ++rank)
    world.rank(rank).all_reduce("world", 8).broadcast("world", 8, 0).all_reduce("world", 8);
  world.rank(0).send("world", 1, 8);
  world.rank(1).recv("world", 0, 8);
  EXPECT_THAT(world.histories().silent_mismatches, IsEmpty());
  EXPECT_THAT(world.histories().unreceived, IsEmpty());
  EXPECT_EQ(world.verdict().outcome, Outcome::passed);
}

// Everything behind the first one may be a consequence.
TEST(SilentCalls, AreToldByTheFirstOfAGroup) {
  HistoryBuilder world(3);
  world.completes_anything();
  for (RankId rank = 0; rank < 3; ++rank) {
    for (int i = 0; i < 4; ++i) world.rank(rank).all_reduce("world", rank == 1 && i > 0 ? 8 : 16);
  }
  const Diagnosis found = world.only_diagnosis();
  EXPECT_THAT(world.histories().silent_mismatches, SizeIs(1));
  EXPECT_EQ(world.histories().silent_mismatches.front().sequence, 1);
  EXPECT_EQ(found.code, Code::COLL_COUNT_MISMATCH);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
}

TEST(SilentCalls, OfUnevenExchangesAreFound) {
  for (const std::int64_t expected : {2, 3}) {
    HistoryBuilder world(3);
    world.completes_anything();
    world.rank(0).all_to_all_v("world", {1, 2, 1, 1, 1, 1});
    world.rank(1).all_to_all_v("world", {1, 1, 1, expected, 1, 1});
    world.rank(2).all_to_all_v("world", {1, 1, 1, 1, 1, 1});
    EXPECT_THAT(world.histories().silent_mismatches, SizeIs(expected == 2 ? 0 : 1));
    if (expected != 2) EXPECT_EQ(world.only_diagnosis().code, Code::P2P_SIZE_MISMATCH);
  }
}

TEST(SilentCalls, OfAMessageWithTwoSizesAreBlamedByItsOtherMessages) {
  HistoryBuilder world(2);
  world.completes_anything();
  for (int m = 0; m < 6; ++m) {
    world.rank(0).send("world", 1, 64);
    world.rank(1).recv("world", 0, m == 4 ? 65 : 64);
  }
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_SIZE_MISMATCH);
  EXPECT_EQ(found.severity, Severity::silent_wrong_result);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_THAT(world.histories().silent_mismatches, SizeIs(1));
}

TEST(SilentCalls, AMessageThatNobodyReceivedIsLeftOver) {
  HistoryBuilder world(3);
  world.completes_anything();
  world.rank(0).send("world", 1, 8).send("world", 1, 8);
  world.rank(1).recv("world", 0, 8);
  for (RankId rank = 0; rank < 3; ++rank) world.rank(rank).barrier("world");
  const Diagnosis found = world.only_diagnosis();
  EXPECT_EQ(found.code, Code::LEFTOVER_WORK);
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(world.verdict().outcome, Outcome::leftover);
}

// What hangs is told by those that wait: the call that was never through.
TEST(SilentCalls, ThatAreStillOpenAreNotSilent) {
  HistoryBuilder world(3);
  for (RankId rank = 0; rank < 3; ++rank) world.rank(rank).all_reduce("world", rank == 0 ? 7 : 8);
  EXPECT_THAT(world.histories().silent_mismatches, IsEmpty());
  EXPECT_EQ(world.only_diagnosis().severity, Severity::error);
}

}  // namespace
}  // namespace gridlock
