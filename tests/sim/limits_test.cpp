#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

RunOptions with_memory(std::int64_t bytes) {
  RunOptions options;
  options.memory_max = bytes;
  return options;
}

TEST(Limits, DataBeyondTheMemoryEndsTheRunAndBlamesNobody) {
  const RunResult result =
      simulate(with_memory(1 << 20), 4, [](Rank& rank) { rank.allocate(100'000, DType::float32); });
  EXPECT_EQ(outcome_of(result), "step_limit");
  EXPECT_TRUE(result.verdict.diagnoses.empty());
  EXPECT_EQ(
      result.error,
      "a buffer of 100000 elements would bring the data of all ranks beyond 1 MiB; payload \"shape\" runs "
      "the same calls with sizes only");
}

TEST(Limits, DataThatIsFreedMakesRoom) {
  const RunResult result = simulate(with_memory(1 << 20), 4, [](Rank& rank) {
    for (int turn = 0; turn < 100; ++turn) rank.free(rank.allocate(100'000, DType::float32));
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(Limits, SizesAloneTakeNoMemory) {
  RunOptions options = with_memory(1 << 20);
  options.payload = Payload::shape;
  const RunResult result =
      simulate(options, 4, [](Rank& rank) { rank.allocate(1'000'000'000'000, DType::float32); });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(Limits, HistoriesBeyondTheMemoryEndTheRun) {
  const RunResult result = simulate(with_memory(1 << 20), 1, [](Rank& rank) {
    while (rank.submit(all_reduce(0)).status.ok()) {
    }
  });
  EXPECT_EQ(outcome_of(result), "step_limit");
  EXPECT_EQ(result.error, "the histories of all ranks have grown beyond 1 MiB after 65536 requests");
}

TEST(Limits, APauseCountsAsARequestAndLeavesNoTrace) {
  Request pause;
  pause.kind = RequestKind::pause;
  const RunResult still = simulate({}, 1, [](Rank&) {});
  const RunResult result = simulate({}, 1, [&](Rank& rank) { (void)rank.execute(pause); });
  EXPECT_EQ(result.request_count, 1);
  EXPECT_EQ(result.digest, still.digest);
}

TEST(Limits, ABufferOfFewerThanNoElementsEndsItsRankAlone) {
  const RunResult result = simulate({}, 2, [](Rank& rank) {
    if (rank.id() == 1) rank.allocate(-5, DType::int8);
  });
  EXPECT_EQ(host_of(result, 0), HostState::returned);
  EXPECT_EQ(result.error, "rank 1: allocate: -5 elements; expected 0 or more");
}

TEST(Limits, ACopyOfAnotherSizeEndsItsRank) {
  const RunResult result = simulate(
      {}, 1, [](Rank& rank) { rank.upload(rank.allocate(2, DType::float32), std::vector<std::byte>(4)); });
  EXPECT_EQ(result.error,
            "rank 0: buffer 0: has 8 bytes, and 4 bytes are to be copied\n  hint: upload and download move "
            "the whole "
            "buffer");
}

TEST(Limits, AProcessThatIsEndedInsideARankSaysSo) {
  EXPECT_EXIT(simulate({}, 2, [](Rank&) { std::exit(0); }), ::testing::ExitedWithCode(EXIT_FAILURE),
              "the process was ended inside a rank's program");
}

}  // namespace
}  // namespace gridlock
