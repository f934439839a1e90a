#include "core/grid/group_table.h"
#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "tests/world_contract/contract.h"

namespace gridlock {
namespace {

using GroupContract = Contract;

std::shared_ptr<const Plan> areal_plan(const ParallelSizes& sizes, RankId world_size) {
  const ProcessTopology topology = pipe_data_tensor(sizes);
  return std::make_shared<const Plan>(
      GridSpec{topology, areal_recipe(), RankMapping::identity(topology.world_size())}, world_size);
}

TEST_P(GroupContract, EveryRankIsInTheGroupOfAllRanks) {
  expect_passed(run_ranks(3, [](Rank& rank) {
    expect(rank, members(rank, GroupHandle::world) == std::vector<RankId>{0, 1, 2}, "world group");
  }));
}

TEST_P(GroupContract, ANewGroupIsKnownToItsMembersAndToThemAlone) {
  expect_passed(run_ranks(3, [](Rank& rank) {
    const Reply reply =
        rank.new_group({Members::list({0, 2}), BackendKind::nccl, kGroupTimeoutDefault, "pair"});
    expect(rank, reply.status.ok(), "new_group");
    const std::vector<RankId> expected = rank.id() == 1 ? std::vector<RankId>{} : std::vector<RankId>{0, 2};
    expect(rank, members(rank, reply.group) == expected, "members of the pair");
  }));
}

TEST_P(GroupContract, AGridHandsEachRankTheGroupsOfItsFamilies) {
  expect_passed(run_ranks(4, [](Rank& rank) {
    const Reply reply = rank.create_grid(areal_plan({2, 1, 2}, 4));
    expect(rank, reply.status.ok(), "create_grid");
    const RankId first = rank.id() / 2 * 2;
    const GroupHandle tensor = rank.groups().family(reply.grid, "tensor");
    expect(rank, members(rank, tensor) == std::vector<RankId>{first, first + 1}, "tensor group");
    const RankId stage = rank.id() % 2;
    const GroupHandle pipe = rank.groups().family(reply.grid, "pipe");
    expect(rank, members(rank, pipe) == std::vector<RankId>{stage, stage + 2}, "pipe group");
  }));
}

TEST_P(GroupContract, CreatingTheSameGridAgainAnswersWithTheSameGroups) {
  expect_passed(run_ranks(2, [](Rank& rank) {
    const Reply first = rank.create_grid(areal_plan({1, 1, 2}, 2));
    const Reply again = rank.create_grid(areal_plan({1, 1, 2}, 2));
    expect(rank, first.status.ok() && again.status.ok(), "create_grid");
    const auto instance = [&](GridHandle grid) {
      return rank.groups().resolve(rank.groups().family(grid, "tensor"), rank.id());
    };
    expect(rank, instance(first.grid) == instance(again.grid), "the registry answers with the group it has");
  }));
}

TEST_P(GroupContract, ADestroyedGroupIsRefused) {
  expect_passed(run_ranks(2, [](Rank& rank) {
    const Reply made =
        rank.new_group({Members::range(0, 2), BackendKind::nccl, kGroupTimeoutDefault, "pair"});
    expect(rank, rank.destroy_group(made.group).ok(), "destroy_group");
    expect(rank, rank.destroy_group(made.group).code() == StatusCode::invalid_argument, "destroyed twice");
  }));
}

INSTANTIATE_TEST_SUITE_P(Worlds, GroupContract, testing::ValuesIn(all_worlds()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace gridlock
