#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "core/history/transcript.h"
#include "harness/read/scenario_files.h"
#include "harness/read/scenario_reader.h"
#include "harness/report/report.h"
#include "harness/run/runner.h"
#include "sim/sim_world.h"
#include "tests/engine_world.h"

namespace gridlock {
namespace {

const std::string kFolder = std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios";

std::vector<std::string> all_files() { return scenario_files(std::vector<std::string>{kFolder}); }

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(kFolder.size() + 1);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

CaseResult run_on_sim(const std::shared_ptr<const Scenario>& scenario, Hosting hosting) {
  RunOptions options = scenario->options;
  options.hosting = hosting;
  SimWorld world;
  return run_case(scenario, world, options);
}

/// The digest is about the order in which things were handled.
std::string text_without_digest(const CaseResult& result) {
  return std::regex_replace(text_report(result, {}), std::regex("digest [0-9a-f]{16}"), "digest");
}

// Every file below scenarios/ is a test.
class ScenarioFile : public ::testing::TestWithParam<std::string> {};

TEST_P(ScenarioFile, EndsAsItExpectsAndTheSameWayOnBothHostings) {
  for (Scenario& cell : load_scenarios(GetParam())) {
    const auto scenario = std::make_shared<const Scenario>(std::move(cell));
    SCOPED_TRACE(scenario->name);
    const CaseResult result = run_on_sim(scenario, Hosting::stackless);
    EXPECT_THAT(result.unmet, ::testing::IsEmpty());
    const CaseResult on_fibers = run_on_sim(scenario, Hosting::fiber);
    EXPECT_EQ(result.run.digest, on_fibers.run.digest);
    EXPECT_EQ(make_transcript(*result.run.histories).hash, make_transcript(*on_fibers.run.histories).hash);
    EXPECT_EQ(result.run.virtual_time, on_fibers.run.virtual_time);
  }
}

TEST_P(ScenarioFile, EndsTheSameWayAheadOfTimeAndInItsOrder) {
  for (Scenario& cell : load_scenarios(GetParam())) {
    const auto scenario = std::make_shared<const Scenario>(std::move(cell));
    SCOPED_TRACE(scenario->name);
    EngineWorld ahead_world(true);
    EngineWorld world_in_order(false);
    const CaseResult ahead = run_case(scenario, ahead_world, scenario->options);
    const CaseResult in_order = run_case(scenario, world_in_order, scenario->options);
    EXPECT_EQ(text_without_digest(ahead), text_without_digest(in_order));
    EXPECT_EQ(make_transcript(*ahead.run.histories).hash, make_transcript(*in_order.run.histories).hash);
  }
}

TEST_P(ScenarioFile, ReadsBackFromItsPlainFormAsTheSameRun) {
  std::vector<Scenario> cells = load_scenarios(GetParam());
  const auto scenario = std::make_shared<const Scenario>(std::move(cells.front()));
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / (test_name({GetParam(), 0}) + ".plain.json");
  std::ofstream(path) << scenario->plain;
  std::vector<Scenario> plain = load_scenarios(path.string());
  std::filesystem::remove(path);
  ASSERT_EQ(plain.size(), 1U);
  const auto again = std::make_shared<const Scenario>(std::move(plain.front()));
  EXPECT_EQ(again->plain, scenario->plain);
  EXPECT_EQ(run_on_sim(again, Hosting::stackless).run.digest,
            run_on_sim(scenario, Hosting::stackless).run.digest);
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioFile, ::testing::ValuesIn(all_files()), test_name);

// A bug and its fix are two files, and the fix is written as a change of the bug.
TEST(MustFail, EachBugHasAFixedTwinThatExtendsItAndPasses) {
  int bugs = 0;
  for (const std::string& path :
       scenario_files(std::vector<std::string>{kFolder + "/must_fail", kFolder + "/semantics"})) {
    if (path.ends_with(".fixed.json")) continue;
    SCOPED_TRACE(path);
    // Beside the bugs, semantics has files that show what is allowed.
    const bool is_allowed = load_scenarios(path).front().expect.outcome == Outcome::passed;
    if (is_allowed && path.find("/semantics/") != std::string::npos) continue;
    ++bugs;
    for (const Scenario& bug : load_scenarios(path)) EXPECT_NE(bug.expect.outcome, Outcome::passed);
    const std::string twin = path.substr(0, path.size() - std::string("json").size()) + "fixed.json";
    ASSERT_TRUE(std::filesystem::exists(twin));
    for (const Scenario& fixed : load_scenarios(twin)) EXPECT_EQ(fixed.expect.outcome, Outcome::passed);
  }
  EXPECT_GT(bugs, 35);
}

}  // namespace
}  // namespace gridlock
