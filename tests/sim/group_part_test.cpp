#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

using ::testing::ElementsAre;

Reply split(Rank& rank, GroupHandle group, std::int32_t color, std::int32_t key = 0) {
  Request request;
  request.kind = RequestKind::split;
  request.group = group;
  request.color = color;
  request.key = key;
  return rank.execute(request);
}

Reply shrink(Rank& rank, GroupHandle group, Members stay) {
  GroupSpec spec;
  spec.members = std::move(stay);
  Request request;
  request.kind = RequestKind::shrink;
  request.group = group;
  request.spec = &spec;
  return rank.execute(request);
}

std::vector<RankId> members(const Rank& rank, GroupHandle group) {
  const InstanceId instance = rank.groups().resolve(group, rank.id());
  if (instance == InstanceId::none) return {};
  return rank.groups().instance(instance).spec.members.to_vector();
}

TEST(GroupParts, ASplitMakesOneGroupPerColorOrderedByKeyAndThenByPlace) {
  std::vector<std::vector<RankId>> seen(5);
  const RunResult result = simulate(shape_options(), 5, [&](Rank& rank) {
    const std::vector<std::int32_t> colors{0, 1, 0, 1, kNoColor};
    const std::vector<std::int32_t> keys{7, 0, 3, 0, 0};
    const auto at = static_cast<std::size_t>(rank.id());
    const Reply reply = split(rank, GroupHandle::world, colors[at], keys[at]);
    EXPECT_TRUE(reply.status.ok());
    seen[at] = members(rank, reply.group);
    if (reply.group != GroupHandle::none) (void)rank.run(all_reduce(1, StreamId::main, reply.group));
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_THAT(seen, ElementsAre(ElementsAre(2, 0), ElementsAre(1, 3), ElementsAre(2, 0), ElementsAre(1, 3),
                                ElementsAre()));
}

TEST(GroupParts, ASecondSplitAlikeIsAnotherGroup) {
  (void)simulate(shape_options(), 2, [](Rank& rank) {
    const GroupHandle first = split(rank, GroupHandle::world, 0).group;
    const GroupHandle second = split(rank, GroupHandle::world, 0).group;
    EXPECT_NE(first, second);
    EXPECT_NE(rank.groups().instance(rank.groups().resolve(first, 0)).key,
              rank.groups().instance(rank.groups().resolve(second, 0)).key);
  });
}

TEST(GroupParts, ASplitThatOneRankLeavesOutBlocksTheHostsOfTheOthers) {
  const RunResult result = simulate(shape_options(), 3, [](Rank& rank) {
    if (rank.id() != 1) (void)split(rank, GroupHandle::world, 0);
  });
  EXPECT_EQ(host_of(result, 0), HostState::creating);
  const Diagnosis& found = result.verdict.diagnoses.at(0);
  EXPECT_EQ(code_name(found.code), "COMM_SPLIT_INCOMPLETE");
  EXPECT_EQ(found.blame.ranks, RankSet({1}));
  EXPECT_EQ(found.summary, "Rank 1 never came to a split of world, where ranks 0, 2 wait.");
}

TEST(GroupParts, OnlyThoseThatStayComeToAShrink) {
  std::vector<std::vector<RankId>> seen(3);
  const RunResult result = simulate(shape_options(), 3, [&](Rank& rank) {
    if (rank.id() == 1) {
      EXPECT_EQ(shrink(rank, GroupHandle::world, Members::list({0, 2})).status,
                Status(StatusCode::invalid_argument));
      return;
    }
    const Reply reply = shrink(rank, GroupHandle::world, Members::list({0, 2}));
    seen[static_cast<std::size_t>(rank.id())] = members(rank, reply.group);
  });
  EXPECT_THAT(seen, ElementsAre(ElementsAre(0, 2), ElementsAre(), ElementsAre(0, 2)));
}

TEST(GroupParts, AbortEndsTheWorkOfItsRankAndLetsItsStreamGoOn) {
  std::vector<Status> status;
  const RunResult result = simulate(shape_options(), 2, [&](Rank& rank) {
    GroupSpec spec;
    spec.members = Members::range(0, 2);
    const GroupHandle group = rank.new_group(spec).group;
    if (rank.id() == 1) {
      (void)rank.run(all_reduce());
      return;
    }
    const Ticket stuck = rank.submit(all_reduce(1, StreamId::main, group)).ticket;
    const Ticket behind = rank.submit(all_reduce()).ticket;
    Request abort;
    abort.kind = RequestKind::abort;
    abort.group = group;
    status = {rank.execute(abort).status, rank.wait(stuck), rank.wait(behind),
              rank.submit(all_reduce(1, StreamId::main, group)).status};
  });
  EXPECT_THAT(status, ElementsAre(Status(StatusCode::ok), Status(StatusCode::aborted), Status(StatusCode::ok),
                                  Status(StatusCode::invalid_argument)));
}

TEST(GroupParts, WithLocalSynchronisationMembersNeedNobodyElse) {
  const RunResult result = simulate(shape_options(), 3, [](Rank& rank) {
    GroupSpec spec;
    spec.members = Members::list({0, 2});
    spec.members_only = true;
    if (rank.id() == 1) return;
    const GroupHandle group = rank.new_group(spec).group;
    (void)rank.run(all_reduce(1, StreamId::main, group));
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(GroupParts, WhereDestroyingBlocksItNeedsAllMembersInOneOrder) {
  RunOptions options = shape_options();
  options.semantics.destroy_blocks = true;
  const auto program = [](Rank& rank, bool is_same_order) {
    GroupSpec spec;
    spec.members = Members::range(0, 2);
    const GroupHandle a = rank.new_group(spec).group;
    const GroupHandle b = rank.new_group(spec).group;
    const bool turned = rank.id() == 1 && !is_same_order;
    (void)rank.destroy_group(turned ? b : a);
    (void)rank.destroy_group(turned ? a : b);
  };
  EXPECT_EQ(outcome_of(simulate(options, 2, [&](Rank& rank) { program(rank, true); })), "passed");
  const RunResult result = simulate(options, 2, [&](Rank& rank) { program(rank, false); });
  EXPECT_EQ(host_of(result, 0), HostState::destroying);
  EXPECT_EQ(code_name(result.verdict.diagnoses.at(0).code), "TEARDOWN_ORDER_MISMATCH");
}

}  // namespace
}  // namespace gridlock
