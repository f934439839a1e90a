// Which functions of the libraries a rank calls, in which order, with which colours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "core/grid/group_table.h"
#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "tests/nccl/checked_calls.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Calls that look at what goes on, as often as it takes.
std::vector<std::string> without_queries(std::vector<std::string> calls) {
  std::erase_if(calls, [](const std::string& name) {
    return name == "ncclCommGetAsyncError" || name == "cuEventQuery" || name == "cuStreamQuery";
  });
  return calls;
}

std::int64_t count(const std::vector<std::string>& calls, const std::string& name) {
  return std::count(calls.begin(), calls.end(), name);
}

std::shared_ptr<const Plan> grid(const ParallelSizes& sizes) {
  const ProcessTopology topology = pipe_data_tensor(sizes);
  return std::make_shared<const Plan>(
      GridSpec{topology, areal_recipe(), RankMapping::identity(topology.world_size())},
      topology.world_size());
}

TEST(NcclCallOrder, ARunOfOneAllReduceTakesTheseSteps) {
  StandInWorld world({}, {.keep_results = false});
  const RunResult result = world.run({},
                                     {2,
                                      [](Rank& rank) {
                                        Call call;
                                        call.kind = CallKind::all_reduce;
                                        call.count = 4;
                                        call.input = call.output = rank.allocate(4, DType::float32);
                                        expect(rank, rank.run(call).ok(), "all_reduce");
                                      },
                                      nullptr},
                                     {});
  EXPECT_EQ(failure_of(result), "");
  EXPECT_THAT(without_queries(world.machine().calls(1)),
              ElementsAre("cuInit", "cuDeviceGet", "cuDevicePrimaryCtxRetain", "cuCtxSetCurrent",
                          "cuStreamCreate", "ncclCommInitRankConfig", "cuMemAlloc_v2", "cuStreamCreate",
                          "ncclAllReduce", "cuEventCreate", "cuEventRecord", "ncclCommFinalize",
                          "ncclCommDestroy", "cuEventDestroy_v2", "cuStreamDestroy_v2", "cuStreamDestroy_v2",
                          "cuMemFree_v2", "cuDevicePrimaryCtxRelease_v2"));
}

TEST(NcclCallOrder, ABatchIsOneGroup) {
  StandInWorld world;
  const RunResult result = world.run({},
                                     {2,
                                      [](Rank& rank) {
                                        std::vector<std::int64_t> counts;
                                        const auto calls = calls_of(rank, CallKind::send, GroupHandle::world,
                                                                    3, DType::int8, counts);
                                        CheckedCall send(rank, calls[0]);
                                        CheckedCall recv(rank, calls[1]);
                                        const Call batch[] = {send.call(), recv.call()};
                                        expect(rank, rank.wait(rank.submit(batch).ticket).ok(), "batch");
                                      },
                                      nullptr},
                                     {});
  EXPECT_EQ(failure_of(result), "");
  const std::vector<std::string>& calls = world.machine().calls(0);
  const auto start = std::find(calls.begin(), calls.end(), "ncclGroupStart");
  ASSERT_LT(calls.end() - start, calls.end() - calls.begin());
  EXPECT_THAT(std::vector<std::string>(start, start + 4),
              ElementsAre("ncclGroupStart", "ncclSend", "ncclRecv", "ncclGroupEnd"));
}

TEST(NcclCallOrder, TheColoursOfTheSplitsAreTheGroupsOfTheGrid) {
  const auto plan = grid({2, 2, 2});
  StandInWorld world;
  EXPECT_EQ(failure_of(world.run(
                {},
                {8, [plan](Rank& rank) { expect(rank, rank.create_grid(plan).status.ok(), "create_grid"); },
                 nullptr},
                {})),
            "");
  std::set<std::vector<RankId>> expected;
  for (std::int64_t i = 0; i < plan->request_count(); ++i) {
    const Members members = plan->members_of(i);
    if (plan->backend_of(i) == BackendKind::nccl && members.size() > 1) expected.insert(members.to_vector());
  }
  std::map<std::pair<std::size_t, int>, std::vector<RankId>> by_color;
  for (RankId rank = 0; rank < 8; ++rank) {
    const std::vector<int>& colors = world.machine().colors(rank);
    for (std::size_t split = 0; split < colors.size(); ++split) {
      if (colors[split] != kNcclNoColor) by_color[{split, colors[split]}].push_back(rank);
    }
  }
  std::set<std::vector<RankId>> made;
  for (const auto& [color, ranks] : by_color) made.insert(ranks);
  EXPECT_EQ(made, expected);
}

TEST(NcclCallOrder, CreatingAGridAgainSplitsNothing) {
  StandInWorld world;
  const auto plan = grid({1, 2, 2});
  EXPECT_EQ(failure_of(world.run({},
                                 {4,
                                  [plan](Rank& rank) {
                                    expect(rank, rank.create_grid(plan).status.ok(), "first");
                                    expect(rank, rank.create_grid(plan).status.ok(), "again");
                                  },
                                  nullptr},
                                 {})),
            "");
  const std::int64_t splits = count(world.machine().calls(0), "ncclCommSplit");
  EXPECT_GT(splits, 0);
  EXPECT_LE(splits, 4);
}

TEST(NcclCallOrder, AWorldOfOneHasNoCommunicator) {
  StandInWorld world;
  EXPECT_EQ(failure_of(world.run({},
                                 {1,
                                  [](Rank& rank) {
                                    Call call;
                                    call.kind = CallKind::all_reduce;
                                    call.count = 4;
                                    run_checked(rank, call);
                                  },
                                  nullptr},
                                 {})),
            "");
  EXPECT_EQ(count(world.machine().calls(0), "ncclCommInitRankConfig"), 0);
  EXPECT_EQ(count(world.machine().calls(0), "cuMemcpyDtoDAsync_v2"), 2);
}

}  // namespace
}  // namespace gridlock
