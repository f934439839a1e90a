#include "core/grid/plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "core/base/input_error.h"
#include "core/grid/named_topology.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::Random;

GridSpec cube_spec() { return {pipe_data_tensor({2, 2, 2}), areal_recipe(), RankMapping::identity(8)}; }

std::string refusal(const std::function<void()>& ask) {
  try {
    ask();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string refusal_of(const GridSpec& spec, RankId world_size) {
  return refusal([&] { Plan(spec, world_size); });
}

GridSpec random_spec(Random& random) {
  const ProcessTopology topology = testing::random_grid_topology(random);
  const RankMapping mapping =
      random.coin() ? RankMapping::strided(topology.world_size(), random.below(3), 1 + random.below(2))
                    : RankMapping::list(testing::random_order(random, topology.world_size()));
  return {topology, random.coin() ? areal_recipe() : deepspeed_recipe(), mapping};
}

TEST(Plan, the_group_of_a_rank_is_the_request_of_the_family_that_lists_it) {
  Random random(1);
  for (int i = 0; i < 40; ++i) {
    const Plan plan(random_spec(random), 1024);
    std::vector<std::vector<std::optional<std::int64_t>>> listed(
        plan.families().size(), std::vector<std::optional<std::int64_t>>(plan.topology().world_size()));
    for (std::int64_t request = 0; request < plan.request_count(); ++request) {
      plan.model_members_of(request).for_each([&](RankId rank) {
        auto& place = listed[plan.locate(request).family][static_cast<std::size_t>(rank)];
        EXPECT_FALSE(place.has_value()) << "a rank is in two groups of one family";
        place = request;
      });
    }
    for (std::size_t family = 0; family < plan.families().size(); ++family) {
      for (RankId rank = 0; rank < plan.topology().world_size(); ++rank) {
        EXPECT_EQ(plan.family_group(family, rank), listed[family][static_cast<std::size_t>(rank)]);
      }
    }
  }
}

TEST(Plan, every_request_is_the_mapped_group_with_the_family_s_name_and_backend) {
  Random random(2);
  for (int i = 0; i < 20; ++i) {
    const Plan plan(random_spec(random), 1024);
    for (std::int64_t request = 0; request < plan.request_count(); ++request) {
      const GroupSpec asked = plan.request(request);
      std::vector<RankId> world_ranks;
      plan.model_members_of(request).for_each(
          [&](RankId r) { world_ranks.push_back(plan.mapping().to_world(r)); });
      EXPECT_EQ(asked.members, Members::list(world_ranks));
      EXPECT_EQ(asked.name, plan.families()[plan.locate(request).family].name);
      EXPECT_EQ(asked.backend == BackendKind::gloo,
                asked.name.size() > 5 && asked.name.substr(asked.name.size() - 5) == "_gloo");
      EXPECT_EQ(asked.timeout, kGroupTimeoutDefault);
    }
  }
}

// 2 x data models, 2 x data groups, 4 for each pipe group, 2 x tensor groups, one tensor-data group a stage.
TEST(Plan, the_number_of_requests_is_known_in_closed_form) {
  for (const ParallelSizes& s : {ParallelSizes{2, 2, 2}, {64, 2048, 8}, {1, 1, 1}, {3, 5, 7}}) {
    const std::int64_t size = s.pipe * s.data * s.tensor;
    const auto ranks = static_cast<RankId>(size);
    const Plan plan({pipe_data_tensor(s), areal_recipe(), RankMapping::identity(ranks)}, ranks);
    EXPECT_EQ(plan.request_count(),
              2 * s.data + 2 * size / s.data + 4 * size / s.pipe + 2 * size / s.tensor + s.pipe);
  }
}

TEST(Plan, plans_of_equal_inputs_have_equal_fingerprints_and_no_difference) {
  EXPECT_EQ(Plan(cube_spec(), 8).fingerprint(), Plan(cube_spec(), 8).fingerprint());
  GridSpec listed = cube_spec();
  listed.mapping = RankMapping::list({0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(Plan(listed, 16).fingerprint(), Plan(cube_spec(), 8).fingerprint());
  EXPECT_FALSE(first_difference(Plan(listed, 16), Plan(cube_spec(), 8)));
}

TEST(Plan, any_other_input_gives_another_fingerprint) {
  std::vector<GridSpec> specs(9, cube_spec());
  specs[1].topology = data_pipe_tensor({2, 2, 2});
  specs[2].topology = pipe_data_tensor({4, 2, 1});
  specs[3].recipe = deepspeed_recipe();
  specs[4].mapping = RankMapping::offset(8, 1);
  specs[5].mapping = RankMapping::list({1, 0, 2, 3, 4, 5, 6, 7});
  specs[6].backend = BackendKind::gloo;
  specs[7].timeout = std::chrono::seconds(5);
  specs[8].views = {{"folded", ProcessTopology({"a", "b"}, {4, 2})}};
  std::set<std::uint64_t> fingerprints;
  for (const GridSpec& spec : specs) fingerprints.insert(Plan(spec, 16).fingerprint());
  EXPECT_EQ(fingerprints.size(), specs.size());
}

TEST(Plan, the_first_difference_is_the_first_request_that_is_not_equal) {
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    const Plan a(random_spec(random), 1024);
    const Plan b(random_spec(random), 1024);
    std::int64_t same = 0;
    while (same < a.request_count() && same < b.request_count() && a.request(same) == b.request(same)) ++same;
    const std::optional<PlanDifference> difference = first_difference(a, b);
    ASSERT_EQ(difference.has_value(), same < std::max(a.request_count(), b.request_count()));
    if (!difference) continue;
    EXPECT_EQ(difference->index, same);
    EXPECT_EQ(difference->first.has_value(), same < a.request_count());
    EXPECT_EQ(difference->second.has_value(), same < b.request_count());
  }
}

TEST(Plan, plans_that_ask_for_the_same_groups_have_no_difference_though_their_inputs_differ) {
  GridSpec unused_view = cube_spec();
  unused_view.views = {{"folded", ProcessTopology({"a", "b"}, {4, 2})}};
  EXPECT_NE(Plan(unused_view, 8).fingerprint(), Plan(cube_spec(), 8).fingerprint());
  EXPECT_FALSE(first_difference(Plan(unused_view, 8), Plan(cube_spec(), 8)));
}

TEST(Plan, a_mapping_that_is_not_increasing_is_announced_with_the_ranks_it_swaps) {
  GridSpec spec = cube_spec();
  EXPECT_FALSE(Plan(spec, 8).group_rank_order_surprise());
  spec.mapping = RankMapping::list({0, 1, 2, 3, 4, 7, 6, 5});
  EXPECT_EQ(Plan(spec, 8).group_rank_order_surprise(),
            "model ranks 6 and 7 live on ranks 6 and 5: groups are sorted by world rank, so in model group "
            "[2, 3, 5, 6] the second comes first");
  // No group of pipe x data has model ranks 1 and 2.
  const GridSpec square{ProcessTopology({"pipe", "data"}, {2, 2}), deepspeed_recipe(),
                        RankMapping::list({0, 2, 1, 3})};
  EXPECT_FALSE(Plan(square, 4).group_rank_order_surprise());
}

// The shape of Megatron's expert groups: a second layout of the same ranks, fastest axis first in its order
// string.
TEST(Plan, a_block_can_enumerate_a_named_view_in_its_own_numbering) {
  GridSpec spec = cube_spec();
  RecipeBlock block;
  block.view = "folded";
  block.inside = {"ep"};
  block.numbering = {"edp", "pp"};
  block.entries = {{"expert"}, {"expert_gloo", MemberSelection::all, BackendChoice::gloo}};
  spec.recipe.blocks.push_back(block);
  spec.views = {{"folded", ProcessTopology({"pp", "edp", "ep"}, {2, 2, 2})}};
  const Plan plan(spec, 8);
  const PlanFamily& family = plan.families()[*plan.find_family("expert")];
  std::vector<std::vector<RankId>> groups;
  for (RankId i = 0; i < family.count; ++i)
    groups.push_back(plan.members_of(family.request_of(i)).to_vector());
  EXPECT_EQ(groups, (std::vector<std::vector<RankId>>{{0, 1}, {4, 5}, {2, 3}, {6, 7}}));
  EXPECT_EQ(plan.family_group("expert", 6), family.first + 3 * family.step);
}

TEST(Plan, a_recipe_that_does_not_fit_the_grid_is_refused) {
  GridSpec spec = cube_spec();
  spec.topology = pipe_data({4, 2, 1});
  EXPECT_EQ(refusal_of(spec, 8),
            "topology: recipe 'areal' needs an axis 'tensor' or 'model', the axes are [pipe, data]\n"
            "  hint: give 'tensor' size 1 if the model is not split that way");
  spec.topology = ProcessTopology({"pipe", "data", "tensor", "model"}, {2, 2, 2, 1});
  EXPECT_EQ(refusal_of(spec, 8),
            "topology: axes 'tensor' and 'model' are two names of one thing, a grid takes one of them");
  spec = cube_spec();
  spec.views = {{"folded", pipe_data({2, 2, 1})}};
  EXPECT_EQ(refusal_of(spec, 8), "views: view 'folded' has 4 ranks, the topology has 8");
  spec = cube_spec();
  spec.recipe.blocks.push_back(spec.recipe.blocks[0]);
  EXPECT_EQ(refusal_of(spec, 8), "recipe: recipe 'areal' has two families 'model'");
  spec = cube_spec();
  spec.views = {{"folded", ProcessTopology({"expert", "pipe"}, {4, 2})}};
  EXPECT_EQ(refusal_of(spec, 8),
            "views: axis 'pipe' of view 'folded' puts rank 0 with [0, 1], the topology puts it with [0, 4]; "
            "groups on a common axis must be the same");
}

TEST(Plan, mappings_and_timeouts_that_do_not_fit_are_refused) {
  GridSpec spec = cube_spec();
  EXPECT_EQ(refusal_of(spec, 7),
            "rank_mapping: model rank 7 is mapped to rank 7, but the world's ranks are 0 to 6");
  spec.mapping = RankMapping::identity(4);
  EXPECT_EQ(refusal_of(spec, 8), "rank_mapping: the topology has 8 ranks, the mapping places 4");
  spec = cube_spec();
  spec.timeout = Nanos(0);
  EXPECT_EQ(refusal_of(spec, 8), "timeout: must be positive, got 0 ns");
}

}  // namespace
}  // namespace gridlock
