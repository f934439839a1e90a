// Under which names ranks meet to make a group, and in which order its members are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

RunOptions named_by(GroupNames names) {
  RunOptions options = shape_options();
  options.semantics.group_names = names;
  return options;
}

GroupSpec of(std::vector<RankId> ranks, bool members_only) {
  return {Members::list(std::move(ranks)), BackendKind::nccl, kGroupTimeoutDefault, "g", members_only};
}

const Diagnosis& first(const RunResult& result) { return result.verdict.diagnoses.at(0); }

/// Ranks 0 and 1 make a pair by themselves, then everybody makes a grid of the world.
void pair_before_grid(Rank& rank) {
  if (rank.id() < 2) (void)rank.new_group(of({0, 1}, true));
  const ProcessTopology topology = pipe_data_tensor({1, 2, 2});
  const auto plan =
      std::make_shared<const Plan>(GridSpec{topology, areal_recipe(), RankMapping::identity(4)}, 4);
  (void)rank.create_grid(plan, "actor");
}

TEST(GroupNames, ACounterThatDriftedStopsTheNextGrid) {
  const RunResult result = simulate(named_by(GroupNames::counter), 4, pair_before_grid);
  EXPECT_EQ(first(result).code, Code::GROUP_CREATE_DIVERGENT);
  EXPECT_EQ(first(result).blame.relation, Relation::tie);
  EXPECT_THAT(
      first(result).summary,
      ::testing::MatchesRegex(
          "Ranks 0-3 asked for different groups in creation #1 of the world: its name, which counts the "
          "groups of a rank, is [12] against [12]."));
  EXPECT_EQ(outcome_of(simulate(named_by(GroupNames::members), 4, pair_before_grid)), "passed");
}

/// Rank 0 has made one group more with its members alone when all make another one so.
RunResult drift(RankId world_size) {
  return simulate(named_by(GroupNames::counter), world_size, [=](Rank& rank) {
    if (rank.id() == 0) (void)rank.new_group(of({0}, true));
    std::vector<RankId> all;
    for (RankId other = 0; other < world_size; ++other) all.push_back(other);
    (void)rank.new_group(of(all, true));
  });
}

TEST(GroupNames, TheMajorityIsRightAboutANumber) {
  const RunResult result = drift(3);
  EXPECT_EQ(first(result).code, Code::GROUP_CREATE_DIVERGENT);
  EXPECT_EQ(first(result).blame.ranks, RankSet({0}));
  EXPECT_EQ(first(result).blame.relation, Relation::minority);
  EXPECT_THAT(first(result).first_divergence.at(0).call,
              ::testing::EndsWith("by the name of group number 2"));
  EXPECT_THAT(first(result).hint, ::testing::StartsWith("Names count the groups"));
}

TEST(GroupNames, GroupsThatAllMembersMakeInOneOrderMeetUnderCounters) {
  const RunResult result = simulate(named_by(GroupNames::counter), 4, [](Rank& rank) {
    (void)rank.new_group(rank.id() < 2 ? of({0, 1}, true) : of({2, 3}, true));
    (void)rank.new_group(of({0, 1, 2, 3}, true));
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

/// Rank 2 lists the members in another order than the others; they make the group by themselves.
TEST(GroupNames, MembersInOtherOrdersAreOtherGroups) {
  const RunResult result = simulate(shape_options(), 3, [](Rank& rank) {
    GroupSpec spec = of({0, 1, 2}, true);
    if (rank.id() != 2) spec.members = Members::ordered({2, 1, 0});
    (void)rank.new_group(spec);
  });
  EXPECT_EQ(first(result).code, Code::GROUP_CREATE_DIVERGENT);
  EXPECT_EQ(first(result).blame.ranks, RankSet({2}));
}

/// Some ranks listed the members as 2, 1, 0 before they were sorted; all of them make the call.
std::vector<Diagnosis> sorted_by(const RankSet& listed_otherwise, Call call) {
  return simulate(shape_options(), 3,
                  [&](Rank& rank) {
                    GroupSpec spec = of({0, 1, 2}, false);
                    if (listed_otherwise.contains(rank.id())) spec.passed = Members::ordered({2, 1, 0});
                    call.group = rank.new_group(spec).group;
                    (void)rank.run(call);
                  })
      .verdict.diagnoses;
}

TEST(SortedMembers, AreASurpriseWhereDataGoesByGroupRanks) {
  Call gather = all_reduce(4);
  gather.kind = CallKind::all_gather;
  const std::vector<Diagnosis> found = sorted_by(RankSet({0, 1, 2}), gather);
  ASSERT_THAT(found, ::testing::SizeIs(1));
  EXPECT_EQ(found.front().code, Code::GROUP_RANK_ORDER_SURPRISE);
  EXPECT_EQ(found.front().severity, Severity::warning);
  EXPECT_EQ(found.front().blame.relation, Relation::all);
  EXPECT_EQ(found.front().summary,
            "Ranks 0-2 listed the members of 'g' as [2, 1, 0], and they were sorted: group rank 0 is rank 0 "
            "and not "
            "rank 2. all_gather #1 on g of rank 0 goes by group ranks.");
}

TEST(SortedMembers, MatterToNoReductionOverAll) {
  EXPECT_THAT(sorted_by(RankSet({0, 1, 2}), all_reduce(4)), ::testing::IsEmpty());
}

TEST(SortedMembers, ARootInTheMiddleIsTheSameInBothOrders) {
  Call broadcast = all_reduce(4);
  broadcast.kind = CallKind::broadcast;
  broadcast.peer = 1;
  EXPECT_THAT(sorted_by(RankSet({0, 1, 2}), broadcast), ::testing::IsEmpty());
  broadcast.peer = 0;
  EXPECT_THAT(sorted_by(RankSet({0, 1, 2}), broadcast), ::testing::SizeIs(1));
}

TEST(SortedMembers, OnlyThoseThatListedThemOtherwiseAreNamed) {
  Call gather = all_reduce(4);
  gather.kind = CallKind::all_gather;
  const std::vector<Diagnosis> found = sorted_by(RankSet({1}), gather);
  ASSERT_THAT(found, ::testing::SizeIs(1));
  EXPECT_EQ(found.front().blame.ranks, RankSet({1}));
  EXPECT_EQ(found.front().blame.relation, Relation::owner);
}

}  // namespace
}  // namespace gridlock
