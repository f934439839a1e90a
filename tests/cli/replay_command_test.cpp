#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;

std::string recorded(const std::string& arguments) {
  const std::string path = temporary_file("recording.json", "");
  EXPECT_NE(run_gridlock("run " + arguments + " --record " + path).exit_code, 2);
  return path;
}

TEST(ReplayCommand, ARecordingReplaysAsTheSameRun) {
  const BinaryRun run = run_gridlock("replay " + recorded("scenarios/must_fail/missing_rank.json --seed 11"));
  EXPECT_EQ(run.exit_code, 4) << run.err;
  EXPECT_THAT(run.out, HasSubstr("the same run as recorded"));
}

TEST(ReplayCommand, NamesTheFirstDifference) {
  std::string text = read_file(recorded("scenarios/basics/all_reduce.json"));
  const std::string count = "\"count\": 1000";
  ASSERT_NE(text.find(count), std::string::npos);
  text.replace(text.find(count), count.size(), "\"count\": 1001");
  const BinaryRun run = run_gridlock("replay " + temporary_file("changed.json", text));
  EXPECT_EQ(run.exit_code, 9);
  EXPECT_THAT(run.out, HasSubstr("first difference first:\n    rank 0, record 0: recorded 'all_reduce"));
}

TEST(ReplayCommand, RefusesAScenarioThatIsNoRecording) {
  const BinaryRun run = run_gridlock("replay scenarios/basics/all_reduce.json");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("this scenario is no recording"));
}

}  // namespace
}  // namespace gridlock
