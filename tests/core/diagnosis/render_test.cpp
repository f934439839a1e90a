#include "core/diagnosis/render.h"

#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

std::string first_report(HistoryBuilder& world) {
  return render(world.verdict().diagnoses.front(), world.histories());
}

TEST(RenderTest, ALeftOutCallReadsFromVerdictToChange) {
  HistoryBuilder world(8);
  for (RankId rank = 0; rank < 8; ++rank) {
    for (int m = 0; m < 4; ++m) {
      if (rank != 3 || m != 2)
        world.rank(rank).at("activations", m, -1, "step.json:12").all_reduce("world", 1024);
    }
  }
  EXPECT_EQ(first_report(world), R"(error COLL_MISSING_RANK (certain)
  what      Rank 3 left out all_reduce #3 on world (activations [m=2]); later calls took its place, so the
            wait shows only in all_reduce #4 on world; rank 3 is now at the end of its program.
  who       rank 3; unlike the majority
  parted    rank 3: all_reduce #3 on world, 1024 x float32, sum; in activations [m=3]; at step.json:12
            ranks 0-2, 4-7: all_reduce #3 on world, 1024 x float32, sum; in activations [m=2]; at step.json:12
  waits     ranks 0-2, 4-7 wait in all_reduce #4 on world -> rank 3
  only wait ranks 0-2, 4-7
  change    Make every member call it, or none: look for a branch, an early exit of a loop or an uneven number
            of micro-batches around the call.
)");
}

TEST(RenderTest, ATieNamesBothSides) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).all_reduce("world", rank < 2 ? 8 : 16);
  EXPECT_EQ(first_report(world), R"(error COLL_COUNT_MISMATCH (certain)
  what      Ranks 0-3 disagreed on the count of call #1 on world; no side has a majority: it is a tie.
  who       ranks 0-3; a tie: the sides are equally large, nobody can say which is right
  sides     ranks 0-1
            ranks 2-3
  parted    ranks 0-1: all_reduce #1 on world, 8 x float32, sum
            ranks 2-3: all_reduce #1 on world, 16 x float32, sum
  waits     ranks 2-3 wait in all_reduce #1 on world -> ranks 0-1
  change    Agree on the count first: pad, or exchange the sizes before.
)");
}

TEST(RenderTest, ACycleIsPrintedClosed) {
  HistoryBuilder world(2);
  world.rank(0).send("world", 1, 16).recv("world", 1, 16);
  world.rank(1).send("world", 0, 16).recv("world", 0, 16);
  EXPECT_EQ(first_report(world.with_plans()), R"(error P2P_CYCLE (certain)
  what      Ranks 0-1 waited for each other around a circle of sends and receives.
  who       ranks 0-1; each waits for the next
  parted    rank 0: send #1 to rank 1 on world, 16 x float32
            rank 1: send #1 to rank 0 on world, 16 x float32
  waits     rank 0 waits in send #1 to rank 1 on world -> rank 1
            rank 1 waits in send #1 to rank 0 on world -> rank 0
  change    Put the sends and receives into one batch, or let even ranks send first and odd ranks receive
            first.
)");
}

TEST(RenderTest, ThousandsOfRanksStayOneScreen) {
  HistoryBuilder world(64);
  for (RankId rank = 0; rank < 64; ++rank) {
    if (rank % 3 != 1 && rank % 7 != 2) world.rank(rank).barrier("world");
  }
  EXPECT_EQ(first_report(world), R"(error COLL_MISSING_RANK (certain)
  what      Ranks 1-2, 4, 7, 9-10, 13-22 step 3, 23, 25, 28, 30-31, 34-43 step 3, 44, 46, ... (27 ranks) never
            made barrier #1 on world, in which rank 0 waits; rank 1 is now at the end of its program.
  who       ranks 1-2, 4, 7, 9-10, 13-22 step 3, 23, 25, 28, 30-31, 34-43 step 3, 44, 46, ... (27 ranks);
            unlike the majority
  parted    ranks 1-2, 4, 7, 9-10, 13-22 step 3, 23, 25, 28, 30-31, 34-43 step 3, 44, 46, ... (27 ranks): no
            call on this group
            ranks 0, 3, 5-6, 8, 11-12, 14-15, 17-18, 20-21, 24, 26-27, 29, 32-33, ... (37 ranks): barrier #1
            on world
  waits     ranks 0, 3, 5-6, 8, 11-12, 14-15, 17-18, 20-21, 24, 26-27, 29, 32-33, ... (37 ranks) wait in
            barrier #1 on world -> ranks 1-2, 4, 7, 9-10, 13-22 step 3, 23, 25, 28, 30-31, 34-43 step 3, 44,
            46, ... (27 ranks)
  only wait ranks 0, 3, 5-6, 8, 11-12, 14-15, 17-18, 20-21, 24, 26-27, 29, 32-33, ... (37 ranks)
  change    Make every member call it, or none: look for a branch, an early exit of a loop or an uneven number
            of micro-batches around the call.
)");
}

TEST(RenderTest, ACrashSaysAfterWhichCall) {
  HistoryBuilder world(4);
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).all_reduce("world", 8);
  world.rank(1).crash();
  for (RankId rank = 0; rank < 4; ++rank) world.rank(rank).at("checkpoint").barrier("world");
  EXPECT_EQ(first_report(world), R"(error RANK_FAILED_PEERS_WAIT (certain)
  what      Rank 1 died after the end of all_reduce #1 on world; others wait for what only that rank could do.
  who       rank 1; the trouble starts there
  parted    rank 1: died after the end of all_reduce #1 on world
  waits     ranks 0, 2-3 wait directly or through others -> rank 1
  only wait ranks 0, 2-3
  change    Find out why that rank died (its own log, out of memory, the node); give groups a timeout action
            so that survivors end soon.
)");
}

}  // namespace
}  // namespace gridlock
