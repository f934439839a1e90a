// Scenarios on real processes and in the simulator: the same groups, calls, results and outcomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "gloo_backend/gloo_world.h"
#include "harness/read/scenario_files.h"
#include "harness/read/scenario_reader.h"
#include "harness/report/recording.h"
#include "sim/sim_world.h"

namespace gridlock {
namespace {

const std::string kFolder = std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/";

/// As many processes as a small machine starts without trouble.
constexpr RankId kProcessesMax = 16;

std::vector<std::string> files() {
  return scenario_files(std::vector{kFolder + "basics", kFolder + "grids", kFolder + "workloads"});
}

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

/// How much a real send buffers is its network's business, and the Gloo world neither splits groups nor lets
/// members make them alone: such scenarios speak of the simulator.
bool fits(const Scenario& scenario) {
  const auto says = [&](const char* text) { return scenario.plain.find(text) != std::string::npos; };
  return scenario.world_size <= kProcessesMax && scenario.name != "small_sends_are_buffered" &&
         !says("\"split\": ") && !says("\"sync\": \"members\"");
}

class ScenarioParity : public ::testing::TestWithParam<std::string> {};

TEST_P(ScenarioParity, SimAndGlooLeaveEqualTranscripts) {
  for (Scenario& cell : load_scenarios(GetParam())) {
    if (!fits(cell)) continue;
    const auto scenario = std::make_shared<const Scenario>(std::move(cell));
    SCOPED_TRACE(scenario->name);
    SimWorld sim;
    GlooWorld gloo;
    const Recording simulated = record(run_case(scenario, sim, scenario->options));
    const Recording real = record(run_case(scenario, gloo, scenario->options));
    EXPECT_THAT(recording_differences(simulated, real, {"sim", "gloo"}), ::testing::IsEmpty());
    EXPECT_FALSE(real.lines.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Of, ScenarioParity, ::testing::ValuesIn(files()), [](const auto& test) {
  std::string name = stem(test.param);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(ScenarioParity, OnlyTheseFilesDoNotFitOntoRealProcesses) {
  std::vector<std::string> left_out;
  for (const std::string& file : files()) {
    const std::vector<Scenario> cells = load_scenarios(file);
    if (std::none_of(cells.begin(), cells.end(), fits)) left_out.push_back(stem(file));
  }
  EXPECT_THAT(left_out, ::testing::ElementsAre("small_sends_are_buffered", "pp16_dp128_tp8", "pp8_dp8_tp8",
                                               "pipeline_pairs_interleaved", "rl_step",
                                               "rl_step_rewards.fixed", "rl_step_rewards", "weight_sync",
                                               "weight_sync_bucket.fixed", "weight_sync_bucket"));
}

}  // namespace
}  // namespace gridlock
