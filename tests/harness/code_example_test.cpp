#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/diagnosis/code_example.h"
#include "harness/histories/diagnosis_report.h"
#include "harness/histories/run_files.h"
#include "harness/read/scenario_reader.h"
#include "harness/run/runner.h"
#include "sim/sim_world.h"

namespace gridlock {
namespace {

/// Runs a scenario, or reads a history, of this repository.
Verdict verdict_of(std::string_view file) {
  const std::string path = std::string(GRIDLOCK_SOURCE_DIR) + "/" + std::string(file);
  if (path.ends_with(".jsonl")) return diagnose(read_run(std::vector<std::string>{path})).verdict;
  const auto scenario = std::make_shared<const Scenario>(std::move(load_scenarios(path).front()));
  SimWorld world;
  return run_case(scenario, world, scenario->options).run.verdict;
}

class ExampleOfCode : public ::testing::TestWithParam<CodeInfo> {};

TEST_P(ExampleOfCode, FiresAndHasATwinThatStaysQuiet) {
  const CodeExample* example = code_example(GetParam().code);
  ASSERT_NE(example, nullptr);
  const Verdict fired = verdict_of(example->scenario);
  ASSERT_FALSE(fired.diagnoses.empty());
  EXPECT_EQ(code_name(fired.diagnoses.front().code), GetParam().name);
  const Verdict quiet = verdict_of(example->quiet_twin);
  EXPECT_EQ(quiet.outcome, Outcome::passed);
  EXPECT_TRUE(quiet.diagnoses.empty());
}

INSTANTIATE_TEST_SUITE_P(All, ExampleOfCode, ::testing::ValuesIn(all_codes().begin(), all_codes().end()),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(CodeExamples, NameEachCodeOnce) {
  for (const CodeExample& example : code_examples()) {
    EXPECT_EQ(std::count_if(code_examples().begin(), code_examples().end(),
                            [&](const CodeExample& other) { return other.code == example.code; }),
              1)
        << code_name(example.code);
  }
}

}  // namespace
}  // namespace gridlock
