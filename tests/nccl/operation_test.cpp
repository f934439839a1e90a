#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/data/reduce_op.h"
#include "tests/nccl/checked_calls.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

using testing::IsEmpty;

/// NCCL's version and whether its calls block the host.
struct Library {
  int version;
  bool blocking;
};

class NcclOperation : public testing::TestWithParam<Library> {
 protected:
  /// Expects that the run passes, breaks no rule of the libraries and gives everything back.
  void expect_clean(RankId world_size, const std::function<void(Rank&)>& main) {
    StandInOptions machine;
    machine.nccl_version = GetParam().version;
    StandInWorld world(machine, {.blocking = GetParam().blocking});
    EXPECT_EQ(failure_of(world.run({}, {world_size, main, nullptr}, {})), "");
    EXPECT_THAT(world.machine().violations(), IsEmpty());
    EXPECT_THAT(world.machine().leaks(), IsEmpty());
  }
};

bool reduces_on_nccl(CallKind kind, DType dtype) {
  return !operation(kind).reduces || dtype_info(dtype).nccl_number.has_value();
}

TEST_P(NcclOperation, EveryOperationDeliversEveryType) {
  for (const RankId size : {1, 2, 3}) {
    expect_clean(size, [](Rank& rank) {
      for (const OperationInfo& info : all_operations()) {
        for (const DTypeInfo& type : all_dtypes()) {
          if (info.is_p2p || !reduces_on_nccl(info.kind, type.dtype)) continue;
          for (const bool in_place : {false, true}) {
            std::vector<std::int64_t> counts;
            run_checked(rank, calls_of(rank, info.kind, GroupHandle::world, 5, type.dtype, counts)[0],
                        in_place);
          }
        }
      }
    });
  }
}

TEST_P(NcclOperation, EveryReduceOperationIsThatOfTheReference) {
  for (const RankId size : {1, 4}) {
    expect_clean(size, [](Rank& rank) {
      for (const ReduceOpInfo& op : all_reduce_ops()) {
        Call call;
        call.kind = CallKind::all_reduce;
        call.op = op.op;
        call.scalar = op.op == ReduceOp::premul_sum ? 0.5 : 1.0;
        call.count = 9;
        run_checked(rank, call);
      }
    });
  }
}

TEST_P(NcclOperation, NothingIsAlsoDelivered) {
  expect_clean(3, [](Rank& rank) {
    for (const OperationInfo& info : all_operations()) {
      std::vector<std::int64_t> counts;
      const auto calls = calls_of(rank, info.kind, GroupHandle::world, 0, DType::float32, counts);
      if (!info.is_p2p) run_checked(rank, calls[0]);
    }
  });
}

TEST_P(NcclOperation, ABatchOfMessagesGoesRoundARing) {
  for (const RankId size : {1, 2, 5}) {
    expect_clean(size, [](Rank& rank) {
      std::vector<std::int64_t> counts;
      const auto calls = calls_of(rank, CallKind::send, GroupHandle::world, 100, DType::int64, counts);
      CheckedCall send(rank, calls[0]);
      CheckedCall recv(rank, calls[1]);
      const Call batch[] = {send.call(), recv.call()};
      const Reply reply = rank.submit(batch);
      expect(rank, reply.status.ok() && rank.wait(reply.ticket).ok(), "the batch");
      recv.check();
    });
  }
}

TEST(NcclUnsupported, AReductionThatNcclHasNoNumberForIsNamed) {
  StandInWorld world;
  RunOptions options;
  options.real_timeout = std::chrono::milliseconds(20);
  const RunResult result =
      world.run(options,
                {2,
                 [](Rank& rank) {
                   Call call;
                   call.kind = CallKind::all_reduce;
                   call.dtype = DType::int16;
                   call.count = 1;
                   CheckedCall checked(rank, call);
                   const Reply reply = rank.submit(checked.call());
                   expect(rank, reply.status.code() == StatusCode::backend_error, "int16");
                   expect(rank, rank.error_text() == "NCCL cannot reduce int16", rank.error_text());
                 },
                 nullptr},
                {});
  EXPECT_THAT(result.complaints, IsEmpty());
  EXPECT_EQ(result.error, "rank 0: NCCL cannot reduce int16\nrank 1: NCCL cannot reduce int16");
  EXPECT_EQ(outcome_name(result.verdict.outcome), "backend_error");
}

INSTANTIATE_TEST_SUITE_P(Libraries, NcclOperation,
                         testing::Values(Library{22809, false}, Library{21805, false}, Library{22809, true}),
                         [](const auto& each) {
                           return std::string(each.param.blocking ? "Blocking" : "Polled") +
                                  std::to_string(each.param.version);
                         });

}  // namespace
}  // namespace gridlock
