#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/config/config.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

class DeepSpeedConfig : public ::testing::Test {
 protected:
  Config config_of(const std::string& json, const std::string& flags, std::int64_t world_size) {
    folder_.write("ds.json", json);
    return read_config({"deepspeed: " + folder_.path("ds.json") + " " + flags, world_size, 0});
  }
  std::string refusal(const std::string& json, const std::string& flags, std::int64_t world_size) {
    try {
      config_of(json, flags, world_size);
    } catch (const InputError& error) {
      return error.message();
    }
    return "accepted";
  }

  ScenarioFolder folder_;
};

TEST_F(DeepSpeedConfig, sizes_of_pipeline_and_tensor_stand_beside_the_file) {
  const Config config = config_of(
      R"({"train_batch_size": 64, "train_micro_batch_size_per_gpu": 2, "gradient_accumulation_steps": "auto",
          "bf16": {"enabled": true}, "zero_optimization": {"stage": 1}})",
      "--pipeline-parallel-size 2 --tensor-parallel-size 4", 32);
  EXPECT_EQ(config.grids.at(0).layout.topology.to_string(),
            "ProcessTopology(axes=['pipe', 'data', 'model'], dims=[2, 4, 4])");
  EXPECT_EQ(config.grids[0].model, (ModelFacts{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 2, 0}));
  EXPECT_EQ(config.ignored, (std::vector<std::string>{"bf16", "zero_optimization"}));
}

TEST_F(DeepSpeedConfig, the_file_s_own_tensor_size_counts) {
  const std::string json = R"({"tensor_parallel": {"autotp_size": 4}})";
  EXPECT_EQ(config_of(json, "", 8).grids[0].layout.topology.to_string(),
            "ProcessTopology(axes=['pipe', 'data', 'model'], dims=[1, 2, 4])");
  EXPECT_EQ(refusal(json, "--tensor-parallel-size 2", 8),
            "the tensor-parallel size is 4 in the file and 2 in the flags");
}

TEST_F(DeepSpeedConfig, experts_are_laid_out_as_utils_groups_does) {
  const Config neighbours = config_of("{}", "--expert-parallel-size 4 --tensor-parallel-size 2", 16);
  EXPECT_EQ(neighbours.grids[0].layout.views.at(0).topology.to_string(),
            "ProcessTopology(axes=['pipe', 'expert_data', 'expert'], dims=[1, 4, 4])");
  const Config lanes = config_of(
      "{}", "--expert-parallel-size 4 --tensor-parallel-size 2 --enable-expert-tensor-parallelism", 16);
  EXPECT_EQ(lanes.grids[0].layout.views.at(0).name, "expert_lanes");
  EXPECT_EQ(lanes.grids[0].layout.views.at(0).topology.to_string(),
            "ProcessTopology(axes=['pipe', 'expert_data', 'expert', 'tensor'], dims=[1, 2, 4, 2])");
}

TEST_F(DeepSpeedConfig, what_does_not_fit_is_refused) {
  EXPECT_EQ(refusal("{}", "--pipeline-parallel-size 3", 8),
            "the world size 8 is not divisible by pipeline x tensor = 3");
  EXPECT_EQ(refusal("{}", "", 0), "the size of the world is missing");
  EXPECT_EQ(refusal("{}", "--pipelin-parallel-size 2", 8), "unknown flag '--pipelin-parallel-size'");
  EXPECT_EQ(refusal(R"({"train_batch_size": -1})", "", 8),
            "expected an integer from 1 to 1000000000, got -1");
  EXPECT_EQ(refusal("{}", "--tensor-model-parallel-size 2", 8),
            "unknown flag '--tensor-model-parallel-size'");
  EXPECT_EQ(refusal(R"({"train_batch_sizes": 8})", "", 8), "unknown key 'train_batch_sizes'");
  EXPECT_EQ(refusal(R"({"sequence_parallel_size": 2})", "", 8), "unknown key 'sequence_parallel_size'");
  EXPECT_EQ(refusal(R"({"sequence_parallel_size": 1})", "", 8), "accepted");
  EXPECT_EQ(refusal("{}", "--world-size 16", 8), "the world has 8 ranks and also 16");
  EXPECT_EQ(refusal("[]", "", 8), "expected an object, got a list");
}

}  // namespace
}  // namespace gridlock
