// What SIGINT and SIGTERM do to a run on the simulator.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;

TEST(Interrupt, ARunEndsWithItsReport) {
  const std::string file =
      temporary_file("long.json",
                     R"({"world": {"ranks": 2}, "payload": "shape", "programs": [{"ranks": "all", "steps": [
          {"repeat": 1000000000, "as": "m", "steps": [{"compute": "1us"}]}]}]})");
  const BinaryRun run = interrupt_gridlock(SIGINT, "run " + file);
  EXPECT_EQ(run.exit_code, 12) << run.err;
  EXPECT_THAT(run.out, HasSubstr(": interrupted\n"));
}

// Making the groups of 262,144 ranks is one request; judging as many takes seconds.
TEST(Interrupt, AWorldThatIsStillMadeEndsWithoutOne) {
  const auto start = std::chrono::steady_clock::now();
  const BinaryRun run = interrupt_gridlock(SIGTERM, "run --from d65536t4");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(run.exit_code, 12) << run.out;
  EXPECT_LT(taken.count(), 1 + 2 + 3) << "3 s for a machine that is busy";
}

}  // namespace
}  // namespace gridlock
