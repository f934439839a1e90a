#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/config/config.h"

namespace gridlock {
namespace {

Config config_of(const std::string& text, std::int64_t world_size = 0) {
  return read_config({text, world_size, 0});
}

std::string refusal(const std::string& text, std::int64_t world_size = 0) {
  try {
    config_of(text, world_size);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string layout_of(const ConfigGrid& grid) {
  std::string text = grid.name + " " + grid.recipe + " at " + std::to_string(grid.offset) + " " +
                     grid.layout.topology.to_string();
  for (const TopologyView& view : grid.layout.views)
    text += " " + view.name + " " + view.topology.to_string();
  return text;
}

TEST(Allocation, dimensions_alone_are_a_grid_of_areal) {
  const Config config = config_of("d4p2t2");
  ASSERT_EQ(config.grids.size(), 1U);
  EXPECT_EQ(config.world_size, 16);
  EXPECT_EQ(layout_of(config.grids[0]),
            "trainer areal at 0 ProcessTopology(axes=['pipe', 'data', 'tensor'], dims=[2, 4, 2])");
}

TEST(Allocation, parts_joined_by_plus_lie_on_ranks_of_their_own) {
  const Config config = config_of("sglang:d4t2+megatron:d2p2t2");
  ASSERT_EQ(config.grids.size(), 2U);
  EXPECT_EQ(config.world_size, 16);
  EXPECT_EQ(layout_of(config.grids[0]),
            "rollout sglang at 0 ProcessTopology(axes=['data', 'pipe', 'tensor'], dims=[4, 1, 2])");
  EXPECT_TRUE(config.grids[0].is_server);
  EXPECT_EQ(layout_of(config.grids[1]),
            "trainer megatron at 8 ProcessTopology(axes=['pipe', 'data', 'tensor'], dims=[2, 2, 2])");
}

TEST(Allocation, the_older_spellings_mean_the_same) {
  for (const char* text : {"sglang.d4t2+d2p2t2", "sglang.d4t2p1+d2p2m2", "areal: sglang.d4m2 + p2d2t2"}) {
    const Config config = config_of(text);
    ASSERT_EQ(config.grids.size(), 2U) << text;
    EXPECT_EQ(layout_of(config.grids[0]),
              "rollout sglang at 0 ProcessTopology(axes=['data', 'pipe', 'tensor'], dims=[4, 1, 2])");
    EXPECT_EQ(layout_of(config.grids[1]),
              "trainer areal at 8 ProcessTopology(axes=['pipe', 'data', 'tensor'], dims=[2, 2, 2])");
  }
}

TEST(Allocation, attention_and_experts_have_sizes_of_their_own) {
  for (const char* text :
       {"megatron:(attn:d4p2t2|ffn:d2p2t1e4)", "(attn:d4p2t2|ffn:e4)", "attn:d4p2t2|ffn:e4t1"}) {
    const Config config = config_of("areal: " + std::string(text));
    ASSERT_EQ(config.grids.size(), 1U) << text;
    EXPECT_EQ(layout_of(config.grids[0]),
              "trainer megatron at 0 ProcessTopology(axes=['pipe', 'data', 'tensor'], dims=[2, 4, 2]) expert "
              "ProcessTopology(axes=['pipe', 'expert_data', 'expert', 'expert_tensor'], dims=[2, 2, 4, 1])");
  }
}

TEST(Allocation, an_expert_size_beside_the_others_leaves_experts_unsplit_by_tensor) {
  EXPECT_EQ(layout_of(config_of("megatron:d2t4e8").grids[0]),
            "trainer megatron at 0 ProcessTopology(axes=['pipe', 'data', 'tensor'], dims=[1, 2, 4]) expert "
            "ProcessTopology(axes=['pipe', 'expert_data', 'expert', 'expert_tensor'], dims=[1, 1, 8, 1])");
}

TEST(Allocation, parts_joined_by_a_bar_share_their_ranks) {
  const Config config = config_of("sglang[gen]:d4+fsdp[actor]:d4|fsdp[critic]:d2t2");
  ASSERT_EQ(config.grids.size(), 3U);
  EXPECT_EQ(config.world_size, 8);
  EXPECT_EQ(layout_of(config.grids[1]),
            "actor fsdp at 4 ProcessTopology(axes=['data', 'context', 'tensor'], dims=[4, 1, 1])");
  EXPECT_EQ(layout_of(config.grids[2]),
            "critic fsdp at 4 ProcessTopology(axes=['data', 'context', 'tensor'], dims=[2, 1, 2])");
}

TEST(Allocation, a_part_that_takes_no_ranks_is_listed_as_ignored) {
  const Config config = config_of("sglang:d4t2+eval");
  EXPECT_EQ(config.ignored, std::vector<std::string>{"eval"});
  EXPECT_EQ(config.world_size, 8);
  EXPECT_EQ(config_of("d2", 5).world_size, 5);
}

TEST(Allocation, what_is_no_allocation_is_refused_with_the_place) {
  EXPECT_EQ(refusal("d4p2q2"),
            "--from areal: expected a dimension of a trainer (one of dptcem) at 'q2' of 'd4p2q2'");
  EXPECT_EQ(refusal("d4p0"), "--from areal: expected a size of at least 1 for 'p' at '0' of 'd4p0'");
  EXPECT_EQ(refusal("d4d2"), "--from areal: 'd4d2' names the dimension 'd' twice");
  EXPECT_EQ(refusal("sglang:d4e2"),
            "--from areal: expected a dimension of sglang (one of dtpm) at 'e2' of 'sglang:d4e2'");
  EXPECT_EQ(refusal("areal: megatrn:d4"),
            "--from areal: unknown backend 'megatrn' in 'megatrn:d4'\n  hint: did you mean 'megatron'?");
  EXPECT_EQ(refusal("d4p2)"), "--from areal: expected '+', '|' or the end at ')' of 'd4p2)'");
  EXPECT_EQ(refusal("areal: "), "--from areal: expected dimensions such as d4p2t2 at '' of ''");
}

TEST(Allocation, sizes_and_names_that_do_not_fit_each_other_are_refused) {
  EXPECT_EQ(
      refusal("megatron:(attn:d4p2|ffn:p4e2)"),
      "--from areal: the pipeline sizes of attn and ffn must be equal in 'megatron:(attn:d4p2|ffn:p4e2)', "
      "they are 2 and 4");
  EXPECT_EQ(
      refusal("megatron:(attn:d4p2|ffn:d4e2)"),
      "--from areal: attn and ffn must take as many ranks in 'megatron:(attn:d4p2|ffn:d4e2)', they take 8 "
      "and 16");
  EXPECT_EQ(refusal("megatron:d3e2"),
            "--from areal: the world size 3 is not divisible by expert-tensor x expert x pipeline = 2\n"
            "  hint: 3 is divisible by 1 and 3; 2 divides 2 and 4");
  EXPECT_EQ(refusal("sglang:d4|fsdp:d2"),
            "--from areal: 'sglang:d4' and 'fsdp:d2' share their ranks, but take 4 and 2");
  EXPECT_EQ(refusal("fsdp:d4+fsdp:d4"),
            "--from areal: two components are called 'trainer'\n"
            "  hint: name them: sglang[rollout]:d4+fsdp[actor]:d4+fsdp[critic]:d4");
  EXPECT_EQ(refusal("d4p2", 4), "--from areal: 'd4p2' takes 8 ranks, the world has 4");
}

}  // namespace
}  // namespace gridlock
