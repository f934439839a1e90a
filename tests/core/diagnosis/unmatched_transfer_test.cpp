#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

using testing::HasSubstr;

/// Four stages in a row that pass micro-batches on; the last one takes `last` of them.
HistoryBuilder pipeline(int last) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) {
    for (int m = 0; m < (rank == 3 ? last : 4); ++m) {
      if (rank > 0) world.rank(rank).at("forward", m).recv("world", rank - 1, 16);
      if (rank < 3) world.rank(rank).at("forward", m).send("world", rank + 1, 16);
    }
    world.rank(rank).at("end").barrier("world");
  }
  world.with_plans();
  return world;
}

TEST(UnmatchedTransferTest, TheStageThatAsksForMoreThanThePatternIsBlamedAndNotItsNeighbour) {
  const Diagnosis found = pipeline(5).only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_RECV);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  EXPECT_EQ(found.blame.relation, Relation::owner);
  EXPECT_EQ(found.certainty, Certainty::likely);
  EXPECT_EQ(found.summary,
            "Rank 3 made recv #5 from rank 2 on world (forward [m=4]) in addition: 5 calls against the 4 of "
            "rank 2, "
            "as many as the two and their other neighbours exchange.");
}

TEST(UnmatchedTransferTest, TheStageThatTakesLessThanThePatternIsBlamed) {
  const Diagnosis found = pipeline(3).only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_SEND);
  EXPECT_EQ(found.blame.ranks, RankSet({3}));
  EXPECT_EQ(found.blame.relation, Relation::edge);
}

/// Stages in a row; `odd` passes on another number of micro-batches than the others.
HistoryBuilder row_of_stages(RankId stages, RankId odd, int count) {
  HistoryBuilder world(stages);
  for (RankId rank = 0; rank < stages; ++rank) {
    for (int m = 0; m < (rank == odd ? count : 4); ++m) {
      if (rank > 0) world.rank(rank).at("forward", m).recv("world", rank - 1, 16);
      if (rank + 1 < stages) world.rank(rank).at("forward", m).send("world", rank + 1, 16);
    }
    world.rank(rank).at("end").barrier("world");
  }
  world.with_plans();
  return world;
}

TEST(UnmatchedTransferTest, TheStageThatDisagreesWithBothNeighboursIsBlamed) {
  for (const int count : {3, 5}) {
    for (RankId stages = 3; stages <= 5; ++stages) {
      for (RankId odd = 0; odd < stages; ++odd) {
        const Verdict found = row_of_stages(stages, odd, count).verdict();
        ASSERT_FALSE(found.diagnoses.empty());
        EXPECT_EQ(found.diagnoses.front().blame.ranks, RankSet({odd})) << stages << " stages, " << count;
      }
    }
  }
  EXPECT_THAT(row_of_stages(4, 1, 5).verdict().diagnoses.front().summary,
              HasSubstr("5 calls against the 4 of rank 0; its other partners count otherwise as well."));
}

TEST(UnmatchedTransferTest, APipelineInWhichAllCountsFitIsQuiet) {
  EXPECT_TRUE(pipeline(4).verdict().diagnoses.empty());
}

/// Rank 2 receives from `peer` where rank 1 sends to it.
HistoryBuilder misdirected(RankId peer) {
  HistoryBuilder world(4);
  world.rank(0).send("world", 1, 4);
  world.rank(1).recv("world", 0, 4).send("world", 2, 4);
  world.rank(2).recv("world", peer, 4).send("world", 3, 4);
  world.rank(3).recv("world", 2, 4);
  world.with_plans();
  return world;
}

TEST(UnmatchedTransferTest, WhoReceivesFromAPeerThatNeverAddressesItIsBlamedWhenAnotherOneDoes) {
  const Diagnosis found = misdirected(0).only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_RECV);
  EXPECT_EQ(found.blame.ranks, RankSet({2}));
  EXPECT_EQ(found.blame.relation, Relation::owner);
  EXPECT_EQ(
      found.summary,
      "Rank 2 named the wrong peer in recv #1 from rank 0 on world: rank 0 never sends to it, and send #1 to "
      "rank 2 on world, 4 x float32 of rank 1, which nobody answers, would fit.");
}

TEST(UnmatchedTransferTest, TheRightPeerIsQuiet) { EXPECT_TRUE(misdirected(1).verdict().diagnoses.empty()); }

TEST(UnmatchedTransferTest, WhereNobodyElseSendsThePeerIsTheOneThatIsWaitedFor) {
  HistoryBuilder world(3);
  world.rank(2).recv("world", 0, 4);
  EXPECT_EQ(world.with_plans().only_diagnosis().blame.ranks, RankSet({0}));
}

TEST(UnmatchedTransferTest, ARingInWhichEverybodyReceivesAndNobodySendsIsBlamedOnAll) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).recv("world", (rank + 3) % 4, 4).barrier("world");
  const Diagnosis found = world.with_plans().only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_RECV);
  EXPECT_EQ(found.blame.ranks, RankSet({0, 1, 2, 3}));
  EXPECT_EQ(found.blame.relation, Relation::all);
  EXPECT_EQ(found.wait_for.size(), 4U);
}

/// Rank 0 sends four micro-batches to rank 1, or leaves out one; the labels tell which.
HistoryBuilder row(int skipped) {
  HistoryBuilder world(2);
  for (int m = 0; m < 4; ++m) {
    if (m != skipped) world.rank(0).at("activation", m).send("world", 1, 16);
    world.rank(1).at("activation", m, -1, "model.py:7").recv("world", 0, 16);
  }
  return world;
}

TEST(UnmatchedTransferTest, ASendThatLaterOnesReplacedIsFoundByTheLabels) {
  const Diagnosis found = row(1).only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_RECV);
  EXPECT_EQ(found.blame.ranks, RankSet({0}));
  EXPECT_EQ(found.summary,
            "Rank 0 left out the send for recv #2 from rank 0 on world (activation [m=1]) of rank 1; later "
            "ones took "
            "its place, so the wait shows only in recv #4 from rank 0 on world.");
  ASSERT_EQ(found.first_divergence.size(), 2U);
  EXPECT_EQ(found.first_divergence[0].label, "activation [m=2]");
  EXPECT_EQ(found.first_divergence[1].label, "activation [m=1]");
}

/// Two ranks hand micro-batches to each other and back; rank 0 leaves out the send of the first one. All of
/// rank 0 is enqueued before it waits, so that each message of the circle is called on both ends.
HistoryBuilder there_and_back(bool leaves_out) {
  HistoryBuilder world(2);
  for (int m = 0; m < 3; ++m) {
    if (m > 0 || !leaves_out) world.rank(0).async().at("forward", m).send("world", 1, 16);
    world.rank(0).async().at("backward", m).recv("world", 1, 16);
    world.rank(1).at("forward", m).recv("world", 0, 16);
    world.rank(1).at("backward", m).send("world", 0, 16);
  }
  world.rank(0).synchronize();
  world.with_plans();
  return world;
}

TEST(UnmatchedTransferTest, ACircleInWhichOneEndMakesFewerCallsIsAMessageThatWasLeftOut) {
  const Diagnosis found = there_and_back(true).only_diagnosis();
  EXPECT_EQ(found.code, Code::P2P_UNMATCHED_RECV);
  EXPECT_EQ(found.blame.ranks, RankSet({0}));
  EXPECT_EQ(
      found.summary,
      "Rank 0 left out the send for recv #1 from rank 0 on world (forward [m=0]) of rank 1; later ones took "
      "its place, so the wait shows only in recv #1 from rank 0 on world.");
}

TEST(UnmatchedTransferTest, ThereAndBackWithAllMessagesIsQuiet) {
  EXPECT_TRUE(there_and_back(false).verdict().diagnoses.empty());
}

TEST(UnmatchedTransferTest, AWholeRowIsQuiet) { EXPECT_TRUE(row(-1).verdict().diagnoses.empty()); }

}  // namespace
}  // namespace gridlock
