#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/config/config.h"

namespace gridlock {
namespace {

Config config_of(const std::string& flags, std::int64_t world_size = 0) {
  return read_config({"megatron: " + flags, world_size, 0});
}

std::string refusal(const std::string& flags, std::int64_t world_size = 0) {
  try {
    config_of(flags, world_size);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MegatronFlags, sizes_make_the_grid_and_the_model_s_numbers_are_kept) {
  const Config config = config_of(
      "--tensor-model-parallel-size 8 --pipeline-model-parallel-size=4 --num-layers 96 --hidden-size 12288 "
      "--num-attention-heads 96 --global-batch-size 1536 --micro-batch-size 2 --seq-length 2048",
      1024);
  const ConfigGrid& grid = config.grids.at(0);
  EXPECT_EQ(grid.layout.topology.to_string(),
            "ProcessTopology(axes=['pipe', 'data', 'tensor'], dims=[4, 32, 8])");
  EXPECT_EQ(grid.model, (ModelFacts{.layers = 96,
                                    .attention_heads = 96,
                                    .hidden_size = 12288,
                                    .sequence_length = 2048,
                                    .global_batch = 1536,
                                    .micro_batch = 2}));
  EXPECT_EQ(config.world_size, 1024);
  EXPECT_TRUE(grid.gloo_twins);
  EXPECT_TRUE(grid.tied_embedding);
  EXPECT_TRUE(config.ignored.empty());
}

TEST(MegatronFlags, a_torchrun_line_says_the_world) {
  const Config config = config_of(
      "torchrun --nproc_per_node 4 --nnodes 6 pretrain_gpt.py \\\n --tensor-model-parallel-size 2 "
      "--use-tp-pp-dp-mapping --pipeline-model-parallel-size 3 --untie-embeddings-and-output-weights");
  EXPECT_EQ(config.world_size, 24);
  EXPECT_EQ(config.ranks_per_node, 4);
  EXPECT_EQ(config.grids[0].layout.topology.to_string(),
            "ProcessTopology(axes=['data', 'pipe', 'tensor'], dims=[4, 3, 2])");
  EXPECT_FALSE(config.grids[0].tied_embedding);
}

TEST(MegatronFlags, what_no_group_depends_on_is_listed_as_it_was_written) {
  const Config config =
      config_of("--lr 3e-4 --bf16 --tensor-model-parallel-size 2 --split 949,50,1 --num-workers 2", 8);
  EXPECT_EQ(config.ignored,
            (std::vector<std::string>{"--lr 3e-4", "--bf16", "--split 949,50,1", "--num-workers 2"}));
}

TEST(MegatronFlags, quotes_are_those_of_a_shell) {
  const Config config = config_of(
      "--tensor-model-parallel-size \"2\" --hidden-size='4096' --seq-length \"20\"'48' --data-path "
      "'a path/with \"blanks\"' --save \"it's \\\"here\\\"\" --load two\\ words --tag '' \\\r\n --bf16 \\  ",
      8);
  EXPECT_EQ(config.grids[0].layout.topology.to_string(),
            "ProcessTopology(axes=['pipe', 'data', 'tensor'], dims=[1, 4, 2])");
  EXPECT_EQ(config.grids[0].model.hidden_size, 4096);
  EXPECT_EQ(config.grids[0].model.sequence_length, 2048);
  EXPECT_EQ(config.ignored,
            (std::vector<std::string>{"--data-path a path/with \"blanks\"", "--save it's \"here\"",
                                      "--load two words", "--tag ", "--bf16"}));
  EXPECT_EQ(refusal("--lr 1 --save \"my run --bf16", 8),
            "--from megatron: a quote \" is not closed after 'my run --bf16'");
  EXPECT_EQ(refusal("--hidden-size \"big\"", 8),
            "--from megatron: --hidden-size must be a whole number of at least 1, got 'big'");
}

TEST(MegatronFlags, a_distributed_optimizer_shards_the_optimizer) {
  EXPECT_EQ(config_of("--use-distributed-optimizer", 8).grids[0].sharding, Sharding::optimizer);
  EXPECT_EQ(config_of("", 8).grids[0].sharding, Sharding::none);
}

TEST(MegatronFlags, experts_context_and_hierarchy_make_views) {
  const Config config = config_of(
      "--tensor-model-parallel-size 2 --context-parallel-size 4 --hierarchical-context-parallel-sizes 2 2 "
      "--num-experts 8 --expert-model-parallel-size 8 --expert-tensor-parallel-size 1 "
      "--disable-gloo-process-groups",
      16);
  const ConfigGrid& grid = config.grids.at(0);
  ASSERT_EQ(grid.layout.views.size(), 2U);
  EXPECT_EQ(grid.layout.views[0].topology.to_string(),
            "ProcessTopology(axes=['pipe', 'expert_data', 'expert', 'expert_tensor'], dims=[1, 2, 8, 1])");
  EXPECT_EQ(
      grid.layout.views[1].topology.to_string(),
      "ProcessTopology(axes=['pipe', 'data', 'context_level_1', 'context_level_0', 'tensor'], dims=[1, 2, "
      "2, 2, 2])");
  EXPECT_FALSE(grid.gloo_twins);
}

TEST(MegatronFlags, virtual_stages_are_given_or_follow_from_the_layers_of_a_chunk) {
  const std::string stages = "--pipeline-model-parallel-size 4 --num-layers 32 ";
  EXPECT_EQ(config_of(stages + "--num-layers-per-virtual-pipeline-stage 2", 8).grids[0].model.virtual_stages,
            4);
  EXPECT_EQ(config_of(stages + "--num-virtual-stages-per-pipeline-rank 2", 8).grids[0].model.virtual_stages,
            2);
  EXPECT_EQ(refusal(stages + "--num-layers-per-virtual-pipeline-stage 3", 8),
            "--from megatron: 32 layers on 4 stages cannot be cut into chunks of 3 layers");
  EXPECT_EQ(refusal("--num-virtual-stages-per-pipeline-rank 2", 8),
            "--from megatron: an interleaved schedule needs --pipeline-model-parallel-size of at least 2");
}

// training/arguments.py validate_args and transformer/pipeline_parallel_layer_layout.py, Megatron 000c4ac2.
TEST(MegatronFlags, virtual_stages_that_cannot_run_are_listed_as_ignored) {
  const std::string flags =
      "--pipeline-model-parallel-size 4 --num-layers 16 --num-layers-per-virtual-pipeline-stage 2 "
      "--micro-batch-size 1 --global-batch-size ";
  EXPECT_TRUE(config_of(flags + "16", 8).ignored.empty());
  EXPECT_EQ(config_of(flags + "12", 8).ignored,
            std::vector<std::string>{
                "2 virtual stages: 4 stages do not divide the micro-batches (see gridlock lint)"});
  // 96 micro-batches go round 12 stages, though a step shows fewer of them.
  EXPECT_TRUE(config_of("--pipeline-model-parallel-size 12 --num-layers 24 --micro-batch-size 1 "
                        "--num-layers-per-virtual-pipeline-stage 1 --global-batch-size 96",
                        12)
                  .ignored.empty());
  const std::string round = " --microbatch-group-size-per-virtual-pipeline-stage ";
  EXPECT_TRUE(config_of(flags + "16" + round + "4", 8).ignored.empty());
  EXPECT_EQ(refusal(flags + "12" + round + "6", 8),
            "--from megatron: --microbatch-group-size-per-virtual-pipeline-stage 6 is not known here\n"
            "  hint: rounds of 4 micro-batches, one for each stage, are");
}

TEST(MegatronFlags, an_order_is_said_once) {
  EXPECT_EQ(refusal("--order tp-cp-ep-dp-pp --use-tp-pp-dp-mapping", 8),
            "--from megatron: --use-tp-pp-dp-mapping is the order tp-cp-ep-pp-dp, and --order says "
            "tp-cp-ep-dp-pp");
  EXPECT_EQ(refusal("--order tp-cp-ep-pp-dp --use-tp-pp-dp-mapping", 8), "accepted");
}

TEST(MegatronFlags, a_layout_says_the_virtual_stages) {
  const auto chunks = [](const std::string& layout) {
    const std::string flags = "--pipeline-model-parallel-size 4 --pipeline-model-parallel-layout " + layout;
    return config_of(flags, 8).grids[0].model.virtual_stages;
  };
  EXPECT_EQ(chunks("Et|t|t|tL"), 0);
  EXPECT_EQ(chunks("Ettt|(tt|)*29,m|L"), 8);
  EXPECT_EQ(chunks("Et|(t*2|t|)*3L"), 2);
  EXPECT_EQ(chunks("E|*7L"), 2);
  EXPECT_EQ(refusal("--pipeline-model-parallel-size 4 --pipeline-model-parallel-layout Et|t|tL", 8),
            "--from megatron: --pipeline-model-parallel-layout has 3 stages, no multiple of "
            "--pipeline-model-parallel-size 4");
  EXPECT_EQ(refusal("--pipeline-model-parallel-layout E(t|)*99999999999", 8),
            "--from megatron: --pipeline-model-parallel-layout is too long: E(t|)*99999999999");
}

TEST(MegatronFlags, what_says_the_stages_twice_is_refused) {
  const std::string stages = "--pipeline-model-parallel-size 4 --num-layers 32 ";
  const std::string chunk = "--num-layers-per-virtual-pipeline-stage 2 ";
  EXPECT_EQ(refusal(stages + chunk + "--pipeline-model-parallel-layout Et|t|t|tL", 8),
            "--from megatron: --num-layers-per-virtual-pipeline-stage and --pipeline-model-parallel-layout "
            "both say what the stages are\n  hint: give one of them");
  EXPECT_EQ(refusal(stages + chunk + "--decoder-last-pipeline-num-layers 5", 8),
            "--from megatron: --decoder-last-pipeline-num-layers and "
            "--num-layers-per-virtual-pipeline-stage exclude each other\n"
            "  hint: --num-virtual-stages-per-pipeline-rank goes with stages of unequal size");
  EXPECT_EQ(
      refusal(stages + "--num-virtual-stages-per-pipeline-rank 2 --decoder-last-pipeline-num-layers 5", 8),
      "accepted");
}

TEST(MegatronFlags, an_interleaved_schedule_needs_stages_enough) {
  const std::string two = "--pipeline-model-parallel-size 2 --num-virtual-stages-per-pipeline-rank 2 ";
  EXPECT_EQ(refusal(two, 8), "accepted");
  EXPECT_EQ(
      refusal(two + "--no-overlap-p2p-communication", 8),
      "--from megatron: an interleaved schedule needs --pipeline-model-parallel-size of at least 3 with "
      "--no-overlap-p2p-communication");
  EXPECT_EQ(refusal("--num-virtual-stages-per-pipeline-rank 1 --no-overlap-p2p-communication", 8),
            "accepted");
}

TEST(MegatronFlags, experts_on_several_ranks_are_counted) {
  EXPECT_EQ(refusal("--expert-model-parallel-size 2", 8),
            "--from megatron: --expert-model-parallel-size 2 says nothing without --num-experts\n"
            "  hint: --num-experts, a multiple of 2");
  EXPECT_EQ(refusal("--expert-model-parallel-size 2 --num-experts 4", 8), "accepted");
  EXPECT_EQ(refusal("--expert-model-parallel-size 1", 8), "accepted");
}

// Megatron core 0.16.1, transformer_config.py: num_layers_in_first_pipeline_stage and its neighbours.
TEST(MegatronFlags, stages_may_have_layers_of_their_own) {
  const auto model = [](const std::string& flags) {
    return config_of("--pipeline-model-parallel-size 4 --num-layers 30 " + flags, 8).grids[0].model;
  };
  const ModelFacts ends = model("--decoder-first-pipeline-num-layers 7 --decoder-last-pipeline-num-layers 7");
  EXPECT_EQ(ends.first_stage_layers, 7);
  EXPECT_EQ(ends.last_stage_layers, 7);
  EXPECT_EQ(model("--account-for-embedding-in-pipeline-split --account-for-loss-in-pipeline-split").layers,
            32);
  EXPECT_EQ(model("--pipeline-model-parallel-layout Et*8|t*8|t*8|t*6L").layers, 0);
  EXPECT_EQ(model("").layers, 30);
}

TEST(MegatronFlags, sizes_under_other_names_are_refused) {
  const auto unknown = [](const std::string& name, const std::string& hint) {
    EXPECT_EQ(refusal(name + " 2", 8), "--from megatron: unknown flag '" + name + "'\n  hint: " + hint);
  };
  unknown("--tensor-parallel-size", "did you mean '--tensor-model-parallel-size'?");
  unknown("--tensor-model-par", "did you mean '--tensor-model-parallel-size'?");
  unknown("--tp-size", "did you mean '--tensor-model-parallel-size'?");
  unknown("--pp", "did you mean '--pipeline-model-parallel-size'?");
  const std::string no_other = "a size that groups depend on does not count under this name";
  unknown("--data-parallel-size", no_other);
  EXPECT_EQ(refusal("--tensor-model-parallel-size 2 4", 8),
            "--from megatron: --tensor-model-parallel-size has more than one value: 2 4");
  for (const char* harmless : {"--data-parallel-size 1", "--data-parallel-random-init", "--lr 1",
                               "--pipeline-model-parallel-comm-backend nccl", "--dp-bucket 3"})
    EXPECT_EQ(config_of(harmless, 8).ignored, std::vector<std::string>{harmless});
}

TEST(MegatronFlags, a_world_is_of_one_size) {
  EXPECT_EQ(config_of("--nnodes 2 --nproc-per-node 8", 16).world_size, 16);
  EXPECT_EQ(refusal("--nnodes 2 --nproc-per-node 8", 24),
            "--from megatron: the world has 24 ranks and also 16\n"
            "  hint: --world-size is for a configuration that does not say it");
  EXPECT_EQ(
      refusal("--pipeline-model-parallel-size 4 --num-layers 32 --num-virtual-stages-per-pipeline-rank 2 "
              "--num-layers-per-virtual-pipeline-stage 2",
              8),
      "--from megatron: --num-virtual-stages-per-pipeline-rank and "
      "--num-layers-per-virtual-pipeline-stage both say what the stages are\n  hint: give one of them");
}

TEST(MegatronFlags, wrong_flags_are_refused_with_place_value_and_nearest_name) {
  EXPECT_EQ(refusal("--tensor-model-paralel-size 8", 8),
            "--from megatron: unknown flag '--tensor-model-paralel-size'\n"
            "  hint: did you mean '--tensor-model-parallel-size'?");
  EXPECT_EQ(
      refusal("--tensor-model-parallel-size eight", 8),
      "--from megatron: --tensor-model-parallel-size must be a whole number of at least 1, got 'eight'");
  EXPECT_EQ(refusal("--tensor-model-parallel-size", 8),
            "--from megatron: --tensor-model-parallel-size has no value");
  EXPECT_EQ(refusal("--tensor-model-parallel-size 3", 8),
            "--from megatron: the world size 8 is not divisible by tensor x pipeline x context = 3\n"
            "  hint: 8 is divisible by 2 and 4; 3 divides 6 and 9");
  EXPECT_EQ(refusal("--tensor-model-parallel-size 2"),
            "--from megatron: the size of the world is missing\n  hint: --world-size 1024 beside --from, or "
            "torchrun's --nnodes and --nproc-per-node in the flags");
  EXPECT_EQ(refusal("--num-distributed-optimizer-instances 2", 8),
            "--from megatron: the groups of 2 distributed optimizer instances are not known here\n"
            "  hint: only --num-distributed-optimizer-instances 1 is");
}

TEST(Configuration, text_of_no_known_kind_is_refused) {
  const auto told = [](const std::string& text) -> std::string {
    try {
      read_config({text, 8, 0});
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(told("deepspeed"),
            "--from deepspeed: expected the path of one DeepSpeed configuration, then flags\n  hint: "
            "'deepspeed: ds_config.json --pipeline-parallel-size 2 --tensor-parallel-size 2'");
  EXPECT_EQ(told("megatron"), "accepted");
  EXPECT_EQ(told("megatron:"), "accepted");
  EXPECT_EQ(told("megatrom: --lr 1"),
            "--from: unknown kind of configuration 'megatrom'\n  hint: did you mean 'megatron'?");
  EXPECT_EQ(told("sgland:d4t2+d4"),
            "--from: unknown kind of configuration 'sgland'\n  hint: did you mean 'sglang'?");
  EXPECT_EQ(
      told("8 GPUs"),
      "--from: expected a configuration, got '8 GPUs'\n  hint: 'megatron: --tensor-model-parallel-size 8 "
      "...', an AReaL allocation such as d4p2t2, or a DeepSpeed config.json");
}

}  // namespace
}  // namespace gridlock
