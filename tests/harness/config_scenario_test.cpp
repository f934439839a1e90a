// What the scenario of a configuration does.

#include <gtest/gtest.h>

#include "harness/config/config.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

/// The text of the steps, which also have to be a scenario.
std::string scenario_of(const std::string& flags) {
  std::string text = write_json(
      config_scenario(read_config({"megatron: --pipeline-model-parallel-size 2 " + flags, 16, 0})));
  EXPECT_EQ(error_for(text), "") << text;
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ConfigScenario, PipelinesWithVirtualStagesAreInterleaved) {
  const std::string stages = "--num-layers 16 --num-virtual-stages-per-pipeline-rank 2 --micro-batch-size 1 ";
  const std::string even = scenario_of(stages + "--global-batch-size 32");
  EXPECT_TRUE(has(even, "\"interleaved\"")) << even;
  EXPECT_TRUE(has(even, "\"virtual_stages\": 2")) << even;
  // Three micro-batches on two stages, which Megatron refuses.
  EXPECT_TRUE(has(scenario_of(stages + "--global-batch-size 24"), "\"1f1b\""));
  EXPECT_TRUE(has(scenario_of(""), "\"1f1b\""));
}

// Megatron's transfers are batches (batch_p2p_comm), the default; DeepSpeed's are none, gradients first.
TEST(ConfigScenario, TransfersAreThoseOfTheFramework) {
  EXPECT_FALSE(has(scenario_of(""), "\"p2p\""));
  ScenarioFolder folder;
  folder.write("ds.json", "{}");
  const std::string text = write_json(config_scenario(
      read_config({"deepspeed: " + folder.path("ds.json") + " --pipeline-parallel-size 2", 16, 0})));
  EXPECT_EQ(error_for(text), "") << text;
  EXPECT_TRUE(has(text, "\"p2p\": \"gradient_first\"")) << text;
}

TEST(ConfigScenario, ShardedStateIsScatteredAndGathered) {
  EXPECT_FALSE(has(scenario_of(""), "\"zero1\""));
  const std::string optimizer = scenario_of("--use-distributed-optimizer");
  EXPECT_TRUE(has(optimizer, "\"workload\": \"zero1\"")) << optimizer;
  EXPECT_TRUE(has(optimizer, "\"family\": \"data_context\"")) << optimizer;
  EXPECT_FALSE(has(optimizer, "\"all_reduce\"")) << optimizer;
  ScenarioFolder folder;
  folder.write("ds.json", R"({"zero_optimization": {"stage": 3}})");
  const std::string weights = write_json(config_scenario(
      read_config({"deepspeed: " + folder.path("ds.json") + " --tensor-parallel-size 2", 16, 0})));
  EXPECT_EQ(error_for(weights), "") << weights;
  EXPECT_TRUE(has(weights, "\"workload\": \"fsdp\"")) << weights;
}

TEST(ConfigScenario, ContextParallelismAndExpertsHaveTheirLayers) {
  const std::string both =
      scenario_of("--context-parallel-size 2 --expert-model-parallel-size 4 --num-experts 8");
  EXPECT_TRUE(has(both, "\"context_ring\"")) << both;
  EXPECT_TRUE(has(both, "\"moe\"")) << both;
  ScenarioFolder folder;
  folder.write("ds.json", "{}");
  const std::string deepspeed = write_json(config_scenario(
      read_config({"deepspeed: " + folder.path("ds.json") + " --expert-parallel-size 4", 16, 0})));
  EXPECT_EQ(error_for(deepspeed), "") << deepspeed;
  EXPECT_TRUE(has(deepspeed, "\"moe\"")) << deepspeed;
  const std::string none = scenario_of("");
  EXPECT_FALSE(has(none, "\"context_ring\"")) << none;
  EXPECT_FALSE(has(none, "\"moe\"")) << none;
}

}  // namespace
}  // namespace gridlock
