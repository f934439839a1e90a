#include <gtest/gtest.h>

#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "tests/checked_call.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

std::shared_ptr<const Plan> plan_of(const ParallelSizes& sizes, RankId world_size,
                                    Recipe recipe = areal_recipe()) {
  const ProcessTopology topology = pipe_data_tensor(sizes);
  return std::make_shared<const Plan>(
      GridSpec{topology, std::move(recipe), RankMapping::identity(topology.world_size())}, world_size);
}

GroupSpec pair(std::vector<RankId> ranks) {
  return {Members::list(std::move(ranks)), BackendKind::nccl, kGroupTimeoutDefault, "pair"};
}

/// The instance that a family means on each rank; -1 for none.
std::vector<std::int32_t> instances(const RunResult& result, GridHandle grid, std::string_view family) {
  const GroupTable& groups = result.histories->groups;
  std::vector<std::int32_t> found;
  for (RankId rank = 0; rank < groups.world_size(); ++rank) {
    found.push_back(static_cast<std::int32_t>(groups.resolve(groups.family(grid, family), rank)));
  }
  return found;
}

TEST(Creation, WaitsForAllRanksOfTheWorld) {
  const RunResult result = simulate(shape_options(), 3, [](Rank& rank) {
    if (rank.id() != 2) (void)rank.new_group(pair({0, 1}));
  });
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(host_of(result, 0), HostState::creating);
  EXPECT_EQ(code_name(result.verdict.diagnoses.at(0).code), "GROUP_CREATE_MISSING_RANK");
}

TEST(Creation, OtherMembersOnOneRankAreNeverPassed) {
  const RunResult result = simulate(shape_options(), 4, [](Rank& rank) {
    (void)rank.new_group(rank.id() == 3 ? pair({0, 2}) : pair({0, 1}));
  });
  EXPECT_EQ(outcome_of(result), "mismatch");
  EXPECT_EQ(code_name(result.verdict.diagnoses.at(0).code), "GROUP_CREATE_DIVERGENT");
  EXPECT_EQ(result.verdict.diagnoses.at(0).blame.ranks, RankSet{3});
}

TEST(Creation, AnotherBackendOnOneRankIsNeverPassed) {
  const RunResult result = simulate(shape_options(), 3, [](Rank& rank) {
    GroupSpec spec = pair({0, 1});
    if (rank.id() == 0) spec.backend = BackendKind::gloo;
    (void)rank.new_group(spec);
  });
  EXPECT_EQ(host_of(result, 1), HostState::creating);
}

TEST(Creation, OneGroupMoreOnOneRankBlocksAtTheNextCreation) {
  const RunResult result = simulate(shape_options(), 3, [](Rank& rank) {
    (void)rank.new_group(pair({0, 1}));
    if (rank.id() == 1) (void)rank.new_group(pair({1, 2}));
    (void)rank.new_group(pair({0, 2}));
  });
  EXPECT_EQ(host_of(result, 0), HostState::creating);
  EXPECT_EQ(host_of(result, 1), HostState::creating);
}

TEST(Creation, ARankThatMakesTheGroupsOfAGridByHandIsInTheSameGroups) {
  GridHandle grid{};
  const RunResult result = simulate(shape_options(), 8, [&](Rank& rank) {
    const auto plan = plan_of({2, 2, 2}, 8, deepspeed_recipe());
    std::vector<GroupHandle> mine;
    if (rank.id() == 5) {
      for (std::int64_t i = 0; i < plan->request_count(); ++i)
        mine.push_back(rank.new_group(plan->request(i)).group);
    } else {
      grid = rank.create_grid(plan).grid;
    }
    // The data group of rank 5, by family or by hand.
    const auto family = plan->find_family("data");
    const auto request = static_cast<std::size_t>(*plan->family_group(*family, 5));
    const GroupHandle data = rank.id() == 5 ? mine[request] : rank.groups().family(grid, "data");
    (void)rank.run(all_reduce(1, StreamId::main, data));
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.match_count, 4);
}

TEST(Creation, AGridThatDiffersOnOneRankIsNeverPassed) {
  const RunResult result = simulate(shape_options(), 8, [](Rank& rank) {
    const ParallelSizes sizes = rank.id() == 6 ? ParallelSizes{2, 4, 1} : ParallelSizes{2, 2, 2};
    (void)rank.create_grid(plan_of(sizes, 8));
  });
  EXPECT_EQ(outcome_of(result), "mismatch");
  EXPECT_EQ(result.verdict.diagnoses.at(0).blame.ranks, RankSet{6});
  for (RankId rank = 0; rank < 8; ++rank) EXPECT_EQ(host_of(result, rank), HostState::creating);
}

TEST(Creation, AGridOfRegistryHitsIsAnsweredWithoutTheOtherRanks) {
  const RunResult result = simulate(shape_options(), 4, [](Rank& rank) {
    (void)rank.create_grid(plan_of({1, 2, 2}, 4));
    if (rank.id() == 0) (void)rank.create_grid(plan_of({1, 2, 2}, 4));
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(Creation, DeepSpeedGridsAskTheOtherRanksEveryTime) {
  const RunResult result = simulate(shape_options(), 4, [](Rank& rank) {
    (void)rank.create_grid(plan_of({1, 2, 2}, 4, deepspeed_recipe()));
    if (rank.id() == 0) (void)rank.create_grid(plan_of({1, 2, 2}, 4, deepspeed_recipe()));
  });
  EXPECT_EQ(host_of(result, 0), HostState::creating);
}

TEST(Creation, TwoGridsShareTheGroupsThatTheRegistryKnows) {
  // With tensor size 1 every tensor group is one rank, with data size 1 every data group is.
  GridHandle first{};
  GridHandle second{};
  const RunResult result = simulate(shape_options(), 4, [&](Rank& rank) {
    first = rank.create_grid(plan_of({1, 4, 1}, 4)).grid;
    second = rank.create_grid(plan_of({1, 1, 4}, 4)).grid;
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(instances(result, first, "data"), instances(result, second, "tensor"));
  EXPECT_EQ(instances(result, first, "tensor"), instances(result, second, "data"));
}

TEST(Creation, EqualMembersMadeTwiceByHandAreTwoGroups) {
  // The two groups number their collectives on their own: inverted order on two streams completes.
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    const GroupHandle first = rank.new_group(pair({0, 1})).group;
    const GroupHandle second = rank.new_group(pair({0, 1})).group;
    if (first == second)
      rank.complain({Complaint::Kind::expectation_failed, 0, {}, "one handle for two groups"});
    (void)rank.submit(all_reduce(3, StreamId{rank.id()}, first));
    (void)rank.submit(all_reduce(5, StreamId{1 - rank.id()}, second));
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(Creation, MembersOutsideTheWorldAreRefused) {
  std::vector<StatusCode> codes;
  const RunResult result = simulate(shape_options(), 2, [&](Rank& rank) {
    codes.push_back(rank.new_group(pair({1, 2})).status.code());
    codes.push_back(rank.new_group(pair({})).status.code());
  });
  EXPECT_EQ(codes, std::vector<StatusCode>(4, StatusCode::invalid_argument));
  EXPECT_EQ(result.end, RunEnd::returned);
}

}  // namespace
}  // namespace gridlock
