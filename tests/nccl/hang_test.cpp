#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/nccl/checked_calls.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

Call barrier() {
  Call call;
  call.kind = CallKind::barrier;
  return call;
}

RunOptions short_run() {
  RunOptions options;
  options.real_timeout = std::chrono::milliseconds(50);
  return options;
}

void expect_given_back(const StandInWorld& world) {
  EXPECT_THAT(world.machine().violations(), IsEmpty());
  EXPECT_THAT(world.machine().leaks(), IsEmpty());
}

TEST(NcclHang, WhatHangsOnTheDeviceIsDiagnosedAndAborted) {
  StandInWorld world;
  const RunResult result = world.run(short_run(),
                                     {3,
                                      [](Rank& rank) {
                                        expect(rank, rank.run(barrier()).ok(), "first");
                                        if (rank.id() != 1) (void)rank.run(barrier());
                                      },
                                      nullptr},
                                     {});
  EXPECT_EQ(outcome_name(result.verdict.outcome), "stall");
  ASSERT_FALSE(result.verdict.diagnoses.empty());
  EXPECT_EQ(code_name(result.verdict.diagnoses.front().code), "COLL_MISSING_RANK");
  EXPECT_EQ(result.verdict.diagnoses.front().blame.ranks, RankSet{1});
  EXPECT_EQ(result.histories->ranks[0].state, HostState::waiting);
  EXPECT_THAT(world.machine().calls(0), Contains("ncclCommAbort"));
  EXPECT_THAT(world.machine().calls(0), Not(Contains("ncclCommFinalize")));
  expect_given_back(world);
}

TEST(NcclHang, AFirstUseThatBlocksTheHostIsSeenAsConnecting) {
  for (const bool blocking : {false, true}) {
    StandInWorld world({}, {.blocking = blocking});
    const RunResult result = world.run(short_run(),
                                       {2,
                                        [](Rank& rank) {
                                          if (rank.id() == 0) (void)rank.run(barrier());
                                        },
                                        nullptr},
                                       {});
    EXPECT_EQ(outcome_name(result.verdict.outcome), "stall") << result.error;
    EXPECT_EQ(result.histories->ranks[0].state, HostState::connecting);
    expect_given_back(world);
  }
}

TEST(NcclHang, RanksThatCreateDifferentGroupsAreToldApart) {
  StandInWorld world;
  const RunResult result = world.run(
      short_run(),
      {3,
       [](Rank& rank) {
         const RankId other = rank.id() == 2 ? 2 : 1;
         (void)rank.new_group({Members::list({0, other}), BackendKind::nccl, kGroupTimeoutDefault, "pair"});
       },
       nullptr},
      {});
  ASSERT_FALSE(result.verdict.diagnoses.empty());
  EXPECT_EQ(code_name(result.verdict.diagnoses.front().code), "GROUP_CREATE_DIVERGENT");
  EXPECT_EQ(result.histories->ranks[0].state, HostState::creating);
  expect_given_back(world);
}

TEST(NcclHang, ARankThatLeavesEarlyLeavesTheOthersWaiting) {
  StandInWorld world;
  const RunResult result = world.run(short_run(),
                                     {3,
                                      [](Rank& rank) {
                                        expect(rank, rank.run(barrier()).ok(), "first");
                                        Request leave;
                                        leave.kind = RequestKind::exit;
                                        if (rank.id() == 2) (void)rank.execute(leave);
                                        (void)rank.run(barrier());
                                      },
                                      nullptr},
                                     {});
  EXPECT_EQ(outcome_name(result.verdict.outcome), "rank_lost");
  EXPECT_EQ(result.verdict.diagnoses.front().blame.ranks, RankSet{2});
  expect_given_back(world);
}

TEST(NcclHang, ALostPeerThatNcclReportsParksWhoWaits) {
  StandInOptions machine;
  machine.async_error_after = 2;
  StandInWorld world(machine);
  const RunResult result = world.run(short_run(),
                                     {2,
                                      [](Rank& rank) {
                                        expect(rank, rank.run(barrier()).ok(), "first");
                                        if (rank.id() == 0) {
                                          (void)rank.run(barrier());
                                        } else {
                                          (void)rank.await("never");
                                        }
                                      },
                                      nullptr},
                                     {});
  EXPECT_EQ(result.error, "rank 0: NCCL, in the background: an error");
  EXPECT_EQ(outcome_name(result.verdict.outcome), "backend_error");
  expect_given_back(world);
}

}  // namespace
}  // namespace gridlock
