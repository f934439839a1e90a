#include "nccl_backend/split_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/grid/named_topology.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

using testing::ElementsAre;

/// The nccl groups that a grid asks for.
std::vector<Members> groups_of(const ParallelSizes& sizes) {
  const ProcessTopology topology = pipe_data_tensor(sizes);
  const Plan plan(GridSpec{topology, areal_recipe(), RankMapping::identity(topology.world_size())},
                  topology.world_size());
  std::vector<Members> groups;
  for (std::int64_t i = 0; i < plan.request_count(); ++i) {
    if (plan.backend_of(i) == BackendKind::nccl) groups.push_back(plan.members_of(i));
  }
  return groups;
}

/// How many groups of at least two members the busiest rank is in: no plan needs fewer splits.
int least_splits(RankId world_size, const std::vector<Members>& groups) {
  int most = 0;
  for (RankId rank = 0; rank < world_size; ++rank) {
    int in = 0;
    for (const Members& group : groups) in += group.size() >= 2 && group.contains(rank) ? 1 : 0;
    most = std::max(most, in);
  }
  return most;
}

TEST(SplitPlan, DisjointGroupsCostOneSplit) {
  const std::vector<Members> tensor = {Members::range(0, 2), Members::range(2, 2), Members::range(4, 2)};
  EXPECT_THAT(plan_splits(6, tensor), ElementsAre(ElementsAre(0, 1, 2)));
}

TEST(SplitPlan, GroupsThatShareARankCostOneSplitEach) {
  const std::vector<Members> neighbours = {Members::list({0, 1}), Members::list({1, 2}),
                                           Members::list({0, 2})};
  EXPECT_THAT(plan_splits(3, neighbours), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(SplitPlan, GroupsOfOneNeedNone) {
  const std::vector<Members> alone = {Members::list({0}), Members::list({1})};
  EXPECT_THAT(plan_splits(2, alone), testing::IsEmpty());
}

TEST(SplitPlan, EveryGroupIsInOneSplitAndNoSplitHasARankTwice) {
  for (const ParallelSizes& sizes :
       {ParallelSizes{2, 2, 2}, ParallelSizes{4, 2, 3}, ParallelSizes{1, 2, 2}}) {
    const auto groups = groups_of(sizes);
    const RankId world_size = sizes.pipe * sizes.data * sizes.tensor;
    std::map<std::size_t, int> times;
    for (const Split& split : plan_splits(world_size, groups)) {
      std::map<RankId, int> uses;
      for (const std::size_t group : split) {
        ++times[group];
        for (const RankId rank : groups[group].to_vector()) EXPECT_EQ(++uses[rank], 1);
      }
    }
    for (std::size_t i = 0; i < groups.size(); ++i) EXPECT_EQ(times[i], groups[i].size() >= 2 ? 1 : 0);
  }
}

TEST(SplitPlan, AGridNeedsNoMoreSplitsThanItsBusiestRankHasGroups) {
  for (const ParallelSizes& sizes :
       {ParallelSizes{2, 2, 2}, ParallelSizes{4, 1, 2}, ParallelSizes{2, 2, 1}}) {
    const auto groups = groups_of(sizes);
    const RankId world_size = sizes.pipe * sizes.data * sizes.tensor;
    EXPECT_EQ(static_cast<int>(plan_splits(world_size, groups).size()), least_splits(world_size, groups));
  }
}

}  // namespace
}  // namespace gridlock
