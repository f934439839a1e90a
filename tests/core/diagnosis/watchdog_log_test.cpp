#include "core/diagnosis/watchdog_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(WatchdogLog, SpeaksOfTheOldestOpenWorkInTheWordsOfTorch) {
  HistoryBuilder world(2);
  world.rank(0).barrier("world").all_reduce("world", 1024);
  world.rank(1).barrier("world");
  EXPECT_THAT(watchdog_log(world.histories(), std::chrono::seconds(600), 8),
              ElementsAre("[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=2, "
                          "OpType=ALLREDUCE, NumelIn=1024, NumelOut=1024, Timeout(ms)=600000) ran for 600000 "
                          "milliseconds before timing out."));
}

TEST(WatchdogLog, IsEmptyWhereNothingIsOpenAndKeepsToItsBound) {
  HistoryBuilder done(2);
  for (RankId rank = 0; rank < 2; ++rank) done.rank(rank).barrier("world");
  EXPECT_THAT(watchdog_log(done.histories(), Nanos{0}, 8), IsEmpty());
  HistoryBuilder stuck(4);
  for (RankId rank = 0; rank < 3; ++rank) stuck.rank(rank).barrier("world");
  EXPECT_EQ(watchdog_log(stuck.histories(), Nanos{0}, 2).size(), 2U);
}

}  // namespace
}  // namespace gridlock
