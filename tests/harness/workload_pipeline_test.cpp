#include "harness/read/workload_pipeline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/harness/pipeline_simulation.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

std::string pipeline_text(const std::string& topology, const std::string& more) {
  return fmt::format(
      R"({{"grids": {{"a": {{"recipe": "areal", "topology": {}}}}}, "programs": [{{"ranks": "all", "steps": [
{{"workload": "pipeline", "grid": "a", "forward": 1, "backward": 2, "count": 8, {}}}]}}]}})",
      topology, more);
}

/// Every combination of 1 to 6 stages, 1 to 9 micro-batches and the p2p modes.
std::vector<Scenario> every_pipeline(const std::string& schedule) {
  const ScenarioFolder folder;
  folder.write("s.json",
               R"({"matrix": {"pipe": [1, 2, 3, 4, 5, 6], "micro_batches": [1, 2, 3, 4, 5, 6, 7, 8, 9],
"p2p": ["batched", "even_odd", "sequential", "gradient_first"]}, "grids": {"a": {"recipe": "areal",
"topology": {"pipe": "$pipe", "data": 1, "tensor": 1}}}, "programs": [{"ranks": "all", "steps": [
{"workload": "pipeline", "grid": "a", "schedule": ")" +
                   schedule + R"(", "p2p": "$p2p", "micro_batches": "$micro_batches",
"count": 8, "forward": 1, "backward": 2}]}]})");
  return folder.load("s.json");
}

struct Size {
  std::int64_t stages;
  std::int64_t micro_batches;
};

/// From the name "s[pipe=4,micro_batches=2,p2p=batched]".
Size size_of(const Scenario& scenario) {
  const std::string& name = scenario.name;
  return {std::stoll(name.substr(name.find("pipe=") + 5)),
          std::stoll(name.substr(name.find("batches=") + 8))};
}

std::vector<std::int64_t> in_order(std::int64_t count) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

class PipelineSchedules : public testing::TestWithParam<const char*> {};

TEST_P(PipelineSchedules, RunToTheirEndWithRendezvousSendsForEverySizeAndMode) {
  const std::vector<Scenario> scenarios = every_pipeline(GetParam());
  EXPECT_EQ(scenarios.size(), 6u * 9u * 4u);
  for (const Scenario& scenario : scenarios) {
    const PipelineRun run = run_pipeline(scenario);
    EXPECT_TRUE(run.is_complete) << GetParam() << " " << scenario.name;
    EXPECT_EQ(run.unmatched, 0) << GetParam() << " " << scenario.name;
    EXPECT_EQ(run.too_early, "") << GetParam() << " " << scenario.name;
  }
}

TEST_P(PipelineSchedules, GiveEveryStageEveryMicroBatchOnceAndInOrder) {
  const bool has_backward = std::string(GetParam()) != "forward_only";
  for (const Scenario& scenario : every_pipeline(GetParam())) {
    const PipelineRun run = run_pipeline(scenario);
    const std::vector<std::int64_t> all = in_order(size_of(scenario).micro_batches);
    for (const auto& stage : run.forwards) EXPECT_EQ(stage, all) << scenario.name;
    for (const auto& stage : run.backwards) {
      EXPECT_EQ(stage, has_backward ? all : std::vector<std::int64_t>{}) << scenario.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PipelineSchedules, testing::Values("gpipe", "1f1b", "forward_only"));

TEST(PipelineWorkload, OneForwardOneBackwardKeepsFewMicroBatchesInFlight) {
  for (const Scenario& scenario : every_pipeline("1f1b")) {
    const auto [stages, micro_batches] = size_of(scenario);
    const PipelineRun run = run_pipeline(scenario);
    for (std::int64_t stage = 0; stage < stages; ++stage) {
      EXPECT_EQ(run.in_flight_max[static_cast<std::size_t>(stage)], std::min(stages - stage, micro_batches))
          << scenario.name;
    }
  }
}

TEST(PipelineWorkload, GpipeKeepsAllMicroBatchesInFlight) {
  for (const Scenario& scenario : every_pipeline("gpipe")) {
    for (const std::int64_t most : run_pipeline(scenario).in_flight_max) {
      EXPECT_EQ(most, size_of(scenario).micro_batches) << scenario.name;
    }
  }
}

// The twin that shows the tiny model can see a deadlock: both stages send first.
TEST(PipelineSimulation, SeesNeighboursThatBothSendFirst) {
  const std::string text =
      R"({"grids": {"a": {"recipe": "areal", "topology": {"pipe": 2, "data": 1, "tensor": 1}}},
"programs": [{"ranks": "all", "steps": [
{"send": {"group": "a.pipe", "count": 1, "to_stage": {"by": "a.pipe", "values": [1, 0]}}},
{"recv": {"group": "a.pipe", "count": 1, "from_stage": {"by": "a.pipe", "values": [1, 0]}}}]}]})";
  const PipelineRun run = run_pipeline(scenario_from(text));
  EXPECT_FALSE(run.is_complete);
  EXPECT_EQ(run.unmatched, 2);
}

std::vector<std::string> collectives(const std::vector<Step>& steps) {
  std::vector<std::string> found;
  for (const Step& step : steps) {
    if (const auto* repeat = std::get_if<RepeatAction>(&step.action)) {
      for (const std::string& inner : collectives(repeat->steps)) {
        if (std::find(found.begin(), found.end(), inner) == found.end()) found.push_back(inner);
      }
    } else if (const auto* submit = std::get_if<SubmitAction>(&step.action)) {
      const Operation& operation = submit->operations[0];
      if (operation.kind != CallKind::all_reduce) continue;
      const std::string text =
          fmt::format("{}: {} {} {} {}", step.site.text, operation.group.family, operation.count.constant,
                      dtype_name(operation.dtype), reduce_op_name(operation.op));
      if (std::find(found.begin(), found.end(), text) == found.end()) found.push_back(text);
    }
  }
  return found;
}

constexpr const char* kExtras =
    R"("micro_batches": 2, "dtype": "bfloat16", "tensor_all_reduces": 2, "data_all_reduce": 100,
"tied_embedding": 50, "overflow_check": true, "schedule": )";

TEST(PipelineWorkload, ReducesInsideAndAfterTheMicroBatches) {
  const Scenario scenario = scenario_from(
      pipeline_text(R"({"pipe": 2, "data": 2, "tensor": 2})", std::string(kExtras) + R"("1f1b")"));
  EXPECT_EQ(
      collectives(scenario.programs[0].steps),
      (std::vector<std::string>{"forward: tensor 8 bfloat16 sum", "backward: tensor 8 bfloat16 sum",
                                "embedding: embedding 50 bfloat16 sum", "gradients: data 100 bfloat16 sum",
                                "overflow check: model 1 float32 max"}));
}

TEST(PipelineWorkload, ForwardOnlyHasNothingToReduceAfterwards) {
  const Scenario scenario = scenario_from(
      pipeline_text(R"({"pipe": 2, "data": 2, "tensor": 2})", std::string(kExtras) + R"("forward_only")"));
  EXPECT_EQ(collectives(scenario.programs[0].steps),
            (std::vector<std::string>{"forward: tensor 8 bfloat16 sum"}));
}

TEST(PipelineWorkload, ItsOwnMistakesAreNamed) {
  const std::string topology = R"({"pipe": 2, "data": 1, "tensor": 1})";
  EXPECT_EQ(
      error_for(pipeline_text(topology, R"("schedule": "1f1", "micro_batches": 2)")),
      "s.json:2:92: /programs/0/steps/0/schedule: there is no schedule '1f1'\n  hint: did you mean '1f1b'?");
  EXPECT_EQ(error_for(pipeline_text(topology, R"("schedule": "1f1b", "micro_batches": 0)")),
            "s.json:2:117: /programs/0/steps/0/micro_batches: expected an integer from 1 to 1000000, got 0");
  EXPECT_EQ(error_for(pipeline_text(topology, R"("schedule": "1f1b")")),
            "s.json:2:1: /programs/0/steps/0: the key 'micro_batches' is missing");
  EXPECT_EQ(error_for(pipeline_text(topology, R"("schedule": "1f1b", "microbatches": 2)")),
            "s.json:2:100: /programs/0/steps/0/microbatches: unknown key 'microbatches'\n"
            "  hint: did you mean 'micro_batches'?");
}

}  // namespace
}  // namespace gridlock
