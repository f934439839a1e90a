// The n-th call of a rank into CUDA or NCCL fails, for n = 1, 2, 3 ... until a run passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/grid/group_table.h"
#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "tests/nccl/checked_calls.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

using testing::IsEmpty;

constexpr std::int64_t kCallsMax = 3000;

/// A bit of everything that reaches the libraries.
void varied_program(Rank& rank) {
  const ProcessTopology topology = pipe_data_tensor({1, 1, 3});
  const auto plan =
      std::make_shared<const Plan>(GridSpec{topology, areal_recipe(), RankMapping::identity(3)}, 3);
  const Reply grid = rank.create_grid(plan);
  if (!grid.status.ok()) return;
  const GroupHandle tensor = rank.groups().family(grid.grid, "tensor");
  for (const CallKind kind :
       {CallKind::all_reduce, CallKind::all_to_all_v, CallKind::barrier, CallKind::gather}) {
    std::vector<std::int64_t> counts;
    Call call = calls_of(rank, kind, tensor, 3, DType::float32, counts)[0];
    call.op = ReduceOp::premul_sum;
    CheckedCall checked(rank, call);
    const Reply reply = rank.submit(checked.call());
    if (!reply.status.ok() || !rank.wait(reply.ticket).ok()) return;
    checked.check();
  }
  Request request;
  request.kind = RequestKind::record;
  request.event = rank.execute(request).event;
  request.kind = RequestKind::stream_wait;
  request.stream = StreamId{1};
  if (rank.execute(request).status.ok()) (void)rank.synchronize(StreamId{1});
}

struct Victim {
  int rank;
  int old_version;
  bool blocking;
};

class NcclFailure : public testing::TestWithParam<Victim> {};

TEST_P(NcclFailure, EveryFailingCallEndsTheRunCleanly) {
  RunOptions options;
  options.real_timeout = std::chrono::milliseconds(20);
  StandInOptions machine;
  machine.failing_rank = GetParam().rank;
  machine.nccl_version = GetParam().old_version;
  for (machine.failing_call = 1; machine.failing_call < kCallsMax; ++machine.failing_call) {
    StandInWorld world(machine, {.blocking = GetParam().blocking});
    const RunResult result = world.run(options, {3, varied_program, nullptr}, {});
    const std::vector<std::string>& calls = world.machine().calls(machine.failing_rank);
    if (!world.machine().failed()) {
      EXPECT_EQ(failure_of(result), "");
      return;
    }
    const std::string where = "call " + std::to_string(machine.failing_call) + " (" +
                              calls[static_cast<std::size_t>(machine.failing_call - 1)] + ")";
    EXPECT_THAT(world.machine().violations(), IsEmpty()) << where;
    EXPECT_THAT(world.machine().leaks(), IsEmpty()) << where;
    EXPECT_THAT(result.complaints, IsEmpty()) << where;
    // A failure while everything is given back comes after the run.
    if (result.verdict.outcome != Outcome::passed) {
      EXPECT_EQ(outcome_name(result.verdict.outcome), "backend_error") << where << result.error;
      EXPECT_NE(result.error.find("rank " + std::to_string(machine.failing_rank)), std::string::npos)
          << where;
    }
  }
  FAIL() << "no run passed in " << kCallsMax;
}

INSTANTIATE_TEST_SUITE_P(Victims, NcclFailure,
                         testing::Values(Victim{0, 22809, false}, Victim{2, 22809, false},
                                         Victim{1, 21805, true}),
                         [](const auto& each) {
                           return "Rank" + std::to_string(each.param.rank) +
                                  (each.param.blocking ? "Blocking" : "Polled");
                         });

}  // namespace
}  // namespace gridlock
