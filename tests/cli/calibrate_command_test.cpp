#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(CalibrateCommand, MeasuresRealRanksAndWritesAProfileThatAScenarioUses) {
  const std::string profile = temporary_file("profile.json", "");
  const BinaryRun run = run_gridlock("calibrate --backend gloo --bytes-max 4 --name here -o " + profile);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("\n| all_reduce | 2 | 4 | "));
  const auto written = nlohmann::json::parse(read_file(profile));
  // Operations that count one rank's share have none of 4 bytes over 2 ranks.
  EXPECT_EQ(written.at("curves").size(), 4U);
  for (const auto& curve : written.at("curves"))
    EXPECT_GT(curve.at("points").at(0).at(1).get<std::int64_t>(), 0);
  const std::string scenario = temporary_file(
      "scenario.json",
      R"({ "world": { "ranks": 2 }, "cost": { "profile": ")" + profile +
          R"(" }, "programs": [ { "ranks": "all", "steps": [ { "all_reduce": { "group": "world", "count": 1 } } ] } ] })");
  EXPECT_EQ(run_gridlock("run " + scenario).exit_code, 0);
}

TEST(CalibrateCommand, TheSimulatorHasNothingToMeasure) {
  const BinaryRun run = run_gridlock("calibrate --backend sim");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err,
              StartsWith("--backend: the simulator has no times to measure\n  hint: gloo or nccl\n"));
}

}  // namespace
}  // namespace gridlock
