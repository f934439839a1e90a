#include "core/grid/parallel_grid.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "core/grid/named_topology.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::Random;

std::shared_ptr<const Plan> plan_of(const ProcessTopology& topology, const Recipe& recipe,
                                    const RankMapping& mapping) {
  return std::make_shared<const Plan>(GridSpec{topology, recipe, mapping}, 1024);
}

std::shared_ptr<const Plan> random_plan(Random& random) {
  const ProcessTopology topology = testing::random_grid_topology(random);
  const RankMapping mapping = random.coin()
                                  ? RankMapping::offset(topology.world_size(), random.below(4))
                                  : RankMapping::list(testing::random_order(random, topology.world_size()));
  return plan_of(topology, random.coin() ? areal_recipe() : deepspeed_recipe(), mapping);
}

/// Calls check(grid) for every member of 40 random grids.
template <typename Check>
void for_random_members(Check&& check) {
  Random random(1);
  for (int i = 0; i < 40; ++i) {
    const auto plan = random_plan(random);
    plan->mapping().world_ranks().for_each([&](RankId rank) { check(ParallelGrid(plan, rank)); });
  }
}

TEST(ParallelGrid, the_place_of_a_group_is_the_first_request_that_made_it) {
  for_random_members([](const ParallelGrid& grid) {
    for (const PlanFamily& family : grid.plan().families()) {
      const MaybeGroup group = grid.group(family.name);
      if (!group) continue;
      std::int64_t first = 0;
      while (grid.plan().members_of(first) != group->members ||
             grid.plan().backend_of(first) != group->backend)
        ++first;
      const bool is_shared = grid.plan().spec().recipe.uses_registry;
      EXPECT_EQ(group->place, is_shared ? first : *grid.plan().family_group(family.name, grid.global_rank()));
    }
  });
}

TEST(ParallelGrid, lists_and_groups_hold_the_rank_and_agree_with_each_other) {
  for_random_members([](const ParallelGrid& grid) {
    const RankMapping& mapping = grid.rank_mapping();
    EXPECT_EQ(grid.get_data_parallel_group()->members, mapping.to_world(grid.dp_group()));
    EXPECT_EQ(grid.get_pipe_parallel_group()->members, mapping.to_world(grid.pp_group()));
    EXPECT_EQ(grid.get_slice_parallel_group()->members, mapping.to_world(grid.slice_group()));
    EXPECT_EQ(grid.dp_group()[grid.data_parallel_id()], grid.global_rank());
    EXPECT_EQ(grid.pp_group()[grid.stage_id()], grid.global_rank());
    EXPECT_EQ(grid.slice_group()[static_cast<GroupRank>(grid.get_slice_parallel_rank())], grid.global_rank());
    EXPECT_EQ(grid.get_model_parallel_group()->members.size(), grid.get_model_parallel_world_size());
    EXPECT_EQ(grid.get_data_parallel_group_ranks(), mapping.to_world(grid.dp_group()).to_vector());
  });
}

TEST(ParallelGrid, pipeline_neighbours_are_each_other_s_neighbours) {
  for_random_members([](const ParallelGrid& grid) {
    const ParallelGrid next(std::make_shared<const Plan>(grid.plan()), grid.next_world_rank());
    EXPECT_EQ(next.prev_world_rank(), grid.world_rank());
    EXPECT_EQ(next.stage_id(), grid.next_pipe_stage());
    EXPECT_EQ(next.data_parallel_id(), grid.data_parallel_id());
    EXPECT_EQ(grid.p2p_group(grid.global_rank()),
              (ParallelGrid::PipePair{grid.world_rank(), grid.next_world_rank()}));
  });
}

TEST(ParallelGrid, the_tensor_source_is_the_rank_with_tensor_index_0_and_the_same_other_indexes) {
  for_random_members([](const ParallelGrid& grid) {
    const auto source = static_cast<RankId>(grid.get_tensor_model_parallel_src_rank());
    EXPECT_TRUE(grid.get_tensor_model_parallel_group()->members.contains(source));
    EXPECT_EQ(
        ParallelGrid(std::make_shared<const Plan>(grid.plan()), source).get_tensor_model_parallel_rank(), 0);
  });
}

TEST(ParallelGrid, a_permuted_mapping_moves_coordinates_with_the_model_rank) {
  const auto plan = plan_of(pipe_data_tensor({2, 1, 2}), areal_recipe(), RankMapping::list({3, 2, 1, 0}));
  const ParallelGrid grid(plan, 3);
  EXPECT_EQ(grid.global_rank(), 0);
  EXPECT_TRUE(grid.is_first_stage());
  EXPECT_EQ(grid.pp_group().to_vector(), (std::vector<RankId>{0, 2}));
  EXPECT_EQ(grid.pp_proc_group()->members.to_vector(), (std::vector<RankId>{1, 3}));
  EXPECT_EQ(grid.position_embedding_proc_group()->members.to_vector(), std::vector<RankId>{3});
  EXPECT_EQ(grid.next_world_rank(), 1);
  EXPECT_EQ(grid.get_tensor_model_parallel_src_rank(), 3);
}

TEST(ParallelGrid, a_rank_outside_the_model_has_sizes_and_nothing_else) {
  const ParallelGrid grid(plan_of(pipe_data_tensor({2, 2, 2}), areal_recipe(), RankMapping::offset(8, 8)), 3);
  EXPECT_FALSE(grid.is_member());
  EXPECT_EQ(grid.get_model_parallel_world_size(), 4);
  EXPECT_EQ(grid.get_slice_parallel_world_size(), 2);
  for (const RankId index :
       {grid.global_rank(), grid.stage_id(), grid.ds_model_rank(), grid.next_world_rank(),
        grid.stage_to_global(9), static_cast<RankId>(grid.get_tensor_model_parallel_src_rank())}) {
    EXPECT_EQ(index, kNoRank);
  }
  for (const PlanFamily& family : grid.plan().families())
    EXPECT_FALSE(grid.group(family.name)) << family.name;
  EXPECT_TRUE(grid.dp_group().empty());
  EXPECT_TRUE(grid.get_data_parallel_group_ranks().empty());
  EXPECT_FALSE(grid.is_first_stage() || grid.is_last_stage() || grid.is_dp_head());
}

TEST(ParallelGrid, stage_to_global_takes_either_name_of_the_tensor_axis_and_refuses_what_does_not_exist) {
  const auto at = [](const ParallelGrid& grid, const AxisIndex& part) {
    return grid.stage_to_global(1, std::span(&part, 1));
  };
  const ParallelGrid areal(plan_of(pipe_data_tensor({2, 2, 2}), areal_recipe(), RankMapping::identity(8)), 0);
  const ParallelGrid deepspeed(
      plan_of(pipe_data_model({2, 2, 2}), deepspeed_recipe(), RankMapping::identity(8)), 0);
  for (const std::string name : {"model", "tensor"}) {
    EXPECT_EQ(at(areal, {name, 1}), 5);
    EXPECT_EQ(at(deepspeed, {name, 1}), 5);
  }
  EXPECT_EQ(at(areal, {"pipe", 0}), 0);
  try {
    at(areal, {"dat", 1});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "topology: there is no axis 'dat'\n  hint: did you mean 'data'?");
  }
  try {
    areal.stage_to_global(2);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "stage_to_global: there is no pipeline stage 2, the stages are 0 to 1");
  }
}

TEST(ParallelGrid, the_sequence_family_is_there_exactly_when_the_topology_has_a_sequence_axis) {
  const ProcessTopology with({"pipe", "data", "sequence", "tensor"}, {1, 2, 2, 2});
  const ParallelGrid grid(plan_of(with, areal_recipe(), RankMapping::identity(8)), 6);
  EXPECT_TRUE(grid.has(Accessor::get_sequence_parallel_group));
  EXPECT_EQ(grid.get_sequence_parallel_rank(), 1);
  EXPECT_EQ(grid.get_sequence_parallel_world_size(), 2);
  EXPECT_EQ(grid.get_sequence_parallel_group()->members.to_vector(), (std::vector<RankId>{4, 6}));
  EXPECT_EQ(grid.get_sequence_data_parallel_rank(), 3);
  EXPECT_EQ(grid.get_sequence_data_parallel_world_size(), 4);
  EXPECT_EQ(grid.get_sequence_data_parallel_group()->members.to_vector(), (std::vector<RankId>{0, 2, 4, 6}));
  EXPECT_FALSE(grid.is_grid_valid());
  const ParallelGrid without(plan_of(pipe_data_tensor({1, 2, 2}), areal_recipe(), RankMapping::identity(4)),
                             0);
  EXPECT_FALSE(without.has(Accessor::get_sequence_parallel_group));
}

TEST(ParallelGrid, names_that_deepspeed_would_misread_are_absent_and_all_others_are_there) {
  const ParallelGrid grid(plan_of(pipe_data_tensor({1, 2, 2}), areal_recipe(), RankMapping::identity(4)), 0);
  EXPECT_FALSE(grid.has(Accessor::initialize_sequence_parallel));
  EXPECT_FALSE(grid.has(Accessor::get_pipeline_parallel_world_size));
  EXPECT_TRUE(grid.has(Accessor::get_tensor_model_parallel_src_rank));
  EXPECT_TRUE(grid.has(Accessor::get_data_parallel_group_ranks));
  EXPECT_TRUE(grid.has(Accessor::p2p_groups));
}

TEST(ParallelGrid, a_grid_of_a_million_ranks_is_asked_without_listing_them) {
  const auto plan = std::make_shared<const Plan>(
      GridSpec{pipe_data_tensor({64, 2048, 8}), areal_recipe(), RankMapping::identity(1048576)}, 1048576);
  const ParallelGrid grid(plan, 1048575);
  EXPECT_EQ(grid.get_stage_id(), 63);
  EXPECT_EQ(grid.tp_dp_proc_group()->members, Members::range(1032192, 16384));
  EXPECT_EQ(grid.embedding_proc_group()->members.to_vector(), (std::vector<RankId>{16383, 1048575}));
  EXPECT_EQ(grid.get_model_parallel_rank(), 511);
}

}  // namespace
}  // namespace gridlock
