#include "core/grid/deepspeed_experts.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "core/grid/group_registry.h"
#include "core/grid/named_topology.h"
#include "core/grid/parallel_grid.h"

namespace gridlock {
namespace {

using Groups = std::vector<std::vector<RankId>>;

GridSpec spec_with(RankMapping mapping, DeepSpeedExperts experts) {
  GridSpec spec{pipe_data_tensor({experts.pipe, 8 / experts.pipe / experts.tensor, experts.tensor}),
                areal_recipe(), std::move(mapping)};
  spec.views = {deepspeed_expert_view(experts)};
  return spec;
}

// Requests of the families expert and expert_data in order of creation.
Groups expert_requests(const Plan& plan) {
  Groups groups;
  for (std::int64_t i = 0; i < plan.request_count(); ++i) {
    const GroupSpec asked = plan.request(i);
    if (asked.name == "expert" || asked.name == "expert_data") groups.push_back(asked.members.to_vector());
  }
  return groups;
}

TEST(DeepSpeedExpertGroups, neighbours_make_expert_data_groups_first) {
  const Plan plan(spec_with(RankMapping::identity(8), {8, 2, 1, 2}), 8);
  EXPECT_EQ(expert_requests(plan), (Groups{{0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 1}, {2, 3}, {4, 5}, {6, 7}}));
}

TEST(DeepSpeedExpertGroups, lanes_make_expert_groups_first) {
  const Plan plan(spec_with(RankMapping::identity(8), {8, 1, 2, 2, ExpertPlacement::lanes}), 8);
  EXPECT_EQ(expert_requests(plan), (Groups{{0, 2}, {4, 6}, {1, 3}, {5, 7}, {0, 4}, {2, 6}, {1, 5}, {3, 7}}));
}

TEST(DeepSpeedExpertGroups, data_can_come_before_experts) {
  const Plan plan(spec_with(RankMapping::identity(8), {8, 1, 1, 2, ExpertPlacement::neighbours, true}), 8);
  EXPECT_EQ(expert_requests(plan), (Groups{{0, 1, 2, 3}, {4, 5, 6, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}}));
}

TEST(DeepSpeedExpertGroups, the_mapping_is_ignored_and_no_registry_answers) {
  const Plan plain(spec_with(RankMapping::identity(8), {8, 2, 1, 2}), 8);
  const auto permuted =
      std::make_shared<const Plan>(spec_with(RankMapping::list({7, 6, 5, 4, 3, 2, 1, 0}), {8, 2, 1, 2}), 8);
  EXPECT_EQ(expert_requests(*permuted), expert_requests(plain));
  for (RankId rank = 0; rank < 8; ++rank) {
    const MaybeGroup group = ParallelGrid(permuted, rank).group("expert");
    EXPECT_TRUE(group.value().members.contains(rank));
    EXPECT_EQ(permuted->locate(group->place).family, permuted->find_family("expert"));
  }
  GroupRegistry registry;
  const std::vector<std::int64_t> creations = registry.resolve(plain);
  for (std::int64_t i = plain.request_count() - 8; i < plain.request_count(); ++i)
    EXPECT_EQ(creations[static_cast<std::size_t>(i)], creations.back() - (plain.request_count() - 1 - i));
}

TEST(DeepSpeedExpertGroups, a_model_on_half_of_the_world_gets_groups_of_the_whole_world) {
  GridSpec spec{pipe_data_tensor({1, 4, 1}), areal_recipe(), RankMapping::offset(4, 4)};
  spec.views = {deepspeed_expert_view({8, 1, 1, 4})};
  const Plan plan(spec, 8);
  EXPECT_EQ(expert_requests(plan).back(), (std::vector<RankId>{4, 5, 6, 7}));
  EXPECT_EQ(expert_requests(plan).front(), (std::vector<RankId>{0, 4}));
  const std::int64_t request = plan.family_group("expert_data", 0).value();
  EXPECT_EQ(plan.members_of(request).to_vector(), (std::vector<RankId>{0, 4}));
  EXPECT_EQ(plan.model_members_of(request).to_vector(), (std::vector<RankId>{0}));
}

TEST(DeepSpeedExpertGroups, without_the_view_there_are_none_even_if_the_topology_has_an_expert_axis) {
  const GridSpec spec{ProcessTopology({"pipe", "data", "expert", "tensor"}, {1, 2, 2, 2}), deepspeed_recipe(),
                      RankMapping::identity(8)};
  EXPECT_FALSE(Plan(spec, 8).find_family("expert"));
}

TEST(DeepSpeedExpertGroups, sizes_that_do_not_divide_are_refused) {
  const auto refusal = [](const DeepSpeedExperts& experts) -> std::string {
    try {
      deepspeed_expert_view(experts);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal({8, 3, 1, 1}),
            "deepspeed: the world size 8 is not divisible by the pipeline size 3\n"
            "  hint: 8 is divisible by 2 and 4; 3 divides 6 and 9");
  EXPECT_EQ(refusal({8, 1, 2, 3}),
            "deepspeed: the size of a stage 8 is not divisible by the expert size 3\n"
            "  hint: 8 is divisible by 2 and 4; 3 divides 6 and 9");
  EXPECT_EQ(refusal({8, 1, 3, 1, ExpertPlacement::lanes}),
            "deepspeed: the size of a stage 8 is not divisible by the tensor size 3\n"
            "  hint: 8 is divisible by 2 and 4; 3 divides 6 and 9");
  EXPECT_EQ(refusal({8, 1, 2, 8, ExpertPlacement::lanes}),
            "deepspeed: the data size 4 is not divisible by the expert size 8\n"
            "  hint: 4 is divisible by 4; 8 divides 8");
}

}  // namespace
}  // namespace gridlock
