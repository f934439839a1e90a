// The code of GPU ranks on as many ranks as no machine here has GPUs for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/grid/group_table.h"
#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "core/history/transcript.h"
#include "sim/sim_world.h"
#include "tests/nccl/checked_calls.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

using testing::IsEmpty;

std::shared_ptr<const Plan> plan_of(const ParallelSizes& sizes) {
  const ProcessTopology topology = pipe_data_tensor(sizes);
  return std::make_shared<const Plan>(
      GridSpec{topology, areal_recipe(), RankMapping::identity(topology.world_size())},
      topology.world_size());
}

/// Uses every nccl group of the grid that the rank is in once.
void use_grid(Rank& rank, const std::shared_ptr<const Plan>& plan) {
  const Reply grid = rank.create_grid(plan);
  expect(rank, grid.status.ok(), "create_grid");
  for (const PlanFamily& family : plan->families()) {
    Call call;
    call.kind = CallKind::all_reduce;
    call.count = 16;
    call.group = rank.groups().family(grid.grid, family.name);
    if (family.backend != BackendKind::nccl) continue;
    if (rank.groups().resolve(call.group, rank.id()) != InstanceId::none) run_checked(rank, call);
  }
}

TEST(NcclLargeWorld, AGridOf64RanksHasTheTranscriptOfTheSimulator) {
  const auto plan = plan_of({4, 4, 4});
  const auto main = [plan](Rank& rank) { use_grid(rank, plan); };
  StandInWorld world;
  const RunResult result = world.run({}, {64, main, nullptr}, {});
  EXPECT_EQ(failure_of(result), "");
  EXPECT_EQ(make_transcript(*result.histories).hash, make_transcript(*simulate({}, 64, main).histories).hash);
  EXPECT_THAT(world.machine().violations(), IsEmpty());
  EXPECT_THAT(world.machine().leaks(), IsEmpty());
}

TEST(NcclLargeWorld, ANewGroupDoesNotDisturbThoseOutsideOfIt) {
  const auto main = [](Rank& rank) {
    const Reply pair =
        rank.new_group({Members::list({3, 60}), BackendKind::nccl, kGroupTimeoutDefault, "pair"});
    Call call;
    call.kind = CallKind::all_gather;
    call.count = 5;
    call.group = pair.group;
    if (rank.id() == 3 || rank.id() == 60) run_checked(rank, call);
  };
  StandInWorld world;
  EXPECT_EQ(failure_of(world.run({}, {64, main, nullptr}, {})), "");
  EXPECT_THAT(world.machine().colors(7), testing::ElementsAre(kNcclNoColor));
  EXPECT_THAT(world.machine().leaks(), IsEmpty());
}

TEST(NcclLargeWorld, WorkOnTwoStreamsKeepsItsEvents) {
  const auto main = [](Rank& rank) {
    Call call;
    call.kind = CallKind::all_reduce;
    call.count = 8;
    CheckedCall first(rank, call);
    call.stream = StreamId{1};
    call.kind = CallKind::broadcast;
    call.peer = 0;
    CheckedCall second(rank, call);
    (void)rank.submit(first.call());
    Request request;
    request.kind = RequestKind::record;
    request.event = rank.execute(request).event;
    request.kind = RequestKind::stream_wait;
    request.stream = StreamId{1};
    expect(rank, rank.execute(request).status.ok(), "stream_wait");
    const Reply last = rank.submit(second.call());
    expect(rank, rank.wait(last.ticket).ok(), "wait");
    // The second stream went on only after the first call.
    first.check();
    second.check();
  };
  StandInWorld world;
  EXPECT_EQ(failure_of(world.run({}, {5, main, nullptr}, {})), "");
  EXPECT_THAT(world.machine().leaks(), IsEmpty());
}

}  // namespace
}  // namespace gridlock
