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
  EXPECT_EQ(config.grids[0].model, (ModelFacts{.global_batch = 64, .micro_batch = 2}));
  EXPECT_EQ(config.ignored, (std::vector<std::string>{"bf16"}));
}

// A level of ZeRO is a way to reduce: ZeRO 1 and 2 scatter gradients and gather weights after the step, ZeRO
// 3 gathers the weights layer by layer.
TEST_F(DeepSpeedConfig, levels_of_zero_shard) {
  const auto sharding = [&](const std::string& zero) {
    return config_of(R"({"zero_optimization": )" + zero + "}", "", 8).grids.at(0).sharding;
  };
  EXPECT_EQ(config_of("{}", "", 8).grids.at(0).sharding, Sharding::none);
  EXPECT_EQ(sharding("{}"), Sharding::none);
  EXPECT_EQ(sharding(R"({"stage": 0})"), Sharding::none);
  EXPECT_EQ(sharding(R"({"stage": 1})"), Sharding::optimizer);
  EXPECT_EQ(sharding("true"), Sharding::optimizer);
  EXPECT_EQ(sharding("false"), Sharding::none);
  EXPECT_EQ(sharding(R"({"stage": 2})"), Sharding::optimizer);
  EXPECT_EQ(sharding(R"({"stage": 3, "mics_shard_size": -1, "zero_hpz_partition_size": 1})"),
            Sharding::weights);
  EXPECT_EQ(config_of(R"({"zero_optimization": {"stage": 3, "reduce_bucket_size": 5e8}})", "", 8).ignored,
            std::vector<std::string>{"zero_optimization.reduce_bucket_size"});
}

TEST_F(DeepSpeedConfig, levels_of_zero_that_make_other_groups_are_refused) {
  const auto zero = [&](const std::string& keys, const std::string& flags = "") {
    return refusal(R"({"zero_optimization": {)" + keys + "}}", flags, 8);
  };
  EXPECT_EQ(zero(R"("stage": 7)"), "expected an integer from 0 to 3, got 7");
  EXPECT_EQ(zero(R"("stage": 3, "zero_hpz_partition_size": 4)"),
            "the groups that 'zero_hpz_partition_size' cuts out of the data groups are not known here");
  EXPECT_EQ(zero(R"("stage": 3, "mics_shard_size": 4)"),
            "the groups that 'mics_shard_size' cuts out of the data groups are not known here");
  EXPECT_EQ(zero(R"("stage": 3, "zero_quantized_gradients": true)"),
            "the groups of quantized gradients are not known here");
  EXPECT_EQ(zero(R"("stage": 3, "zero_quantized_gradients": false)"), "accepted");
  EXPECT_EQ(zero(R"("stge": 3)"), "unknown key 'stge'");
  EXPECT_EQ(zero(R"("stage": 2)", "--pipeline-parallel-size 2"),
            "ZeRO 2 excludes a pipeline, here of 2 stages");
  EXPECT_EQ(zero(R"("stage": 1)", "--pipeline-parallel-size 2"), "accepted");
}

TEST_F(DeepSpeedConfig, sizes_that_a_trainer_fills_in_say_nothing) {
  const Config config = config_of(
      R"({"train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto",
          "tensor_parallel": {"autotp_size": "auto"}})",
      "", 8);
  EXPECT_EQ(config.grids.at(0).model, ModelFacts{});
  EXPECT_EQ(refusal(R"({"tensor_parallel": {"tp_size": 4}})", "", 8), "unknown key 'tp_size'");
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
