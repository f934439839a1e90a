#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string recorded(const std::string& name, const std::string& arguments) {
  const std::string path = temporary_file(name, "");
  EXPECT_EQ(run_gridlock("run " + arguments + " --record " + path).exit_code, 0);
  return path;
}

TEST(DiffCommand, TheSameScenarioOnSimAndGlooIsEqual) {
  const BinaryRun run = run_gridlock("diff scenarios/basics/all_reduce.json --backend gloo");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr(": equal (sim, gloo): outcome passed, transcript "));
}

TEST(DiffCommand, TwoRecordingsOfOneRunAreEqualOnAnyWorld) {
  const std::string sim = recorded("sim.json", "scenarios/grids/single_3d.json");
  const std::string gloo = recorded("gloo.json", "scenarios/grids/single_3d.json --backend gloo");
  const BinaryRun run = run_gridlock("diff " + sim + " " + gloo);
  EXPECT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.out, StartsWith("single_3d: equal (sim, gloo)"));
}

TEST(DiffCommand, NamesTheFirstRankAndRecordThatDiffer) {
  const std::string text =
      R"({ "name": "two counts", "world": { "ranks": 3 }, "params": { "count": 4 }, "programs": [
    { "ranks": "all", "steps": [ { "barrier": { "group": "world" } } ] },
    { "ranks": [1, 2], "steps": [ { "new_group": { "name": "g", "ranks": [1, 2] } },
      { "all_reduce": { "group": "g", "count": "$count" } } ] },
    { "ranks": [0], "steps": [ { "new_group": { "name": "g", "ranks": [1, 2] } } ] } ] })";
  const std::string scenario = temporary_file("scenario.json", text);
  const std::string four = recorded("four.json", scenario);
  const std::string five = recorded("five.json", scenario + " --set params.count=5");
  const BinaryRun run = run_gridlock("diff " + four + " " + five);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.out, StartsWith("two counts: different (" + four + ", " + five + ")\n  rank 1, record 3: " +
                                  four + " 'all_reduce #0 stream=0 ticket=1 count=4 "));
  EXPECT_THAT(run.out, HasSubstr("; 2 of 3 ranks differ\n"));
}

TEST(DiffCommand, AsksForTwoSides) {
  const BinaryRun run = run_gridlock("diff scenarios/basics/all_reduce.json");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err,
              StartsWith("diff: expected two recordings, or scenarios and --backend gloo or nccl\n"));
}

TEST(DoctorCommand, TriesTheWorldsOfThisMachine) {
  const BinaryRun run = run_gridlock("doctor");
  EXPECT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.out, StartsWith("sim    works     2 ranks ran a checked all_reduce in "));
  EXPECT_THAT(run.out, HasSubstr("\ngloo   works     2 ranks ran a checked all_reduce in "));
  EXPECT_THAT(run.out, HasSubstr("\nnccl   "));
}

}  // namespace
}  // namespace gridlock
