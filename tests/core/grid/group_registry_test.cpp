#include "core/grid/group_registry.h"

#include <gtest/gtest.h>

#include <map>

#include "core/grid/named_topology.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::Random;

Plan cube(const Recipe& recipe = areal_recipe(), BackendKind backend = BackendKind::nccl) {
  return Plan({pipe_data_tensor({2, 2, 2}), recipe, RankMapping::identity(8), backend}, 8);
}

TEST(GroupRegistry, answers_are_those_of_a_dictionary_of_sorted_ranks_and_backend) {
  Random random(1);
  GroupRegistry registry;
  std::map<std::pair<std::vector<RankId>, BackendKind>, std::int64_t> dictionary;
  for (int i = 0; i < 3000; ++i) {
    std::vector<RankId> ranks = testing::random_order(random, 5);
    ranks.resize(static_cast<std::size_t>(1 + random.below(5)));
    const BackendKind backend = random.coin() ? BackendKind::nccl : BackendKind::gloo;
    const Members members = Members::list(ranks);
    const auto next = static_cast<std::int64_t>(dictionary.size());
    const auto [place, is_new] = dictionary.try_emplace({members.to_vector(), backend}, next);
    EXPECT_EQ(registry.new_or_get_group(members, backend), (GroupRegistry::Answer{place->second, is_new}));
    EXPECT_EQ(registry.size(), dictionary.size());
  }
}

TEST(GroupRegistry, a_second_grid_of_the_same_ranks_makes_no_group) {
  GroupRegistry registry;
  const std::vector<std::int64_t> first = registry.resolve(cube());
  EXPECT_EQ(registry.creation_count(), 34);
  EXPECT_EQ(registry.resolve(cube()), first);
  EXPECT_EQ(registry.creation_count(), 34);
}

TEST(GroupRegistry, a_grid_without_a_registry_makes_every_group_anew) {
  GroupRegistry registry;
  const Plan plan = cube(deepspeed_recipe());
  registry.resolve(plan);
  const std::vector<std::int64_t> again = registry.resolve(plan);
  EXPECT_EQ(registry.creation_count(), 2 * plan.request_count());
  EXPECT_EQ(again.front(), plan.request_count());
  EXPECT_EQ(registry.size(), 0U);
}

TEST(GroupRegistry, with_default_backend_gloo_a_group_is_its_own_twin) {
  GroupRegistry registry;
  registry.resolve(cube(areal_recipe(), BackendKind::gloo));
  EXPECT_EQ(registry.creation_count(), 20);
}

TEST(GroupRegistry, after_destroying_all_groups_the_next_request_creates_under_a_new_number) {
  GroupRegistry registry;
  const Members members = Members::range(0, 4);
  EXPECT_EQ(registry.new_or_get_group(members, BackendKind::nccl).creation, 0);
  EXPECT_EQ(registry.destroy_all_comm_groups(), 1U);
  EXPECT_EQ(registry.destroy_all_comm_groups(), 0U);
  EXPECT_EQ(registry.new_or_get_group(members, BackendKind::nccl), (GroupRegistry::Answer{1, true}));
}

TEST(GroupRegistry, creations_beside_the_registry_count_and_are_never_found) {
  GroupRegistry registry;
  EXPECT_EQ(registry.new_group(), 0);
  EXPECT_EQ(registry.new_or_get_group(Members::range(0, 4), BackendKind::nccl).creation, 1);
  EXPECT_EQ(registry.new_group(), 2);
  EXPECT_EQ(registry.size(), 1U);
}

TEST(GroupRegistry, ranks_that_asked_alike_have_equal_digests_and_ranks_that_did_not_differ) {
  GroupRegistry one;
  GroupRegistry other;
  one.resolve(cube());
  other.resolve(cube());
  EXPECT_EQ(one.digest(), other.digest());
  GroupRegistry reordered;
  reordered.new_or_get_group(Members::range(0, 2), BackendKind::nccl);
  reordered.resolve(cube());
  EXPECT_NE(one.digest(), reordered.digest());
  other.destroy_all_comm_groups();
  EXPECT_NE(one.digest(), other.digest());
}

TEST(GroupRegistry, a_copy_goes_its_own_way) {
  GroupRegistry one;
  one.resolve(cube());
  GroupRegistry copy = one;
  copy.new_or_get_group(Members::range(0, 3), BackendKind::nccl);
  EXPECT_EQ(one.size(), 34U);
  EXPECT_EQ(copy.size(), 35U);
}

}  // namespace
}  // namespace gridlock
