#include <gtest/gtest.h>

#include "core/data/dtype.h"
#include "core/data/reduce_op.h"
#include "sim/sim_world.h"
#include "tests/checked_call.h"

namespace gridlock {
namespace {

/// Every operation with every dtype and op on worlds of each size: outputs are compared with the closed form
/// of core/pattern, which never reduces anything.
class OperationProduct : public testing::TestWithParam<RankId> {};

Call call_of(const Rank& rank, CallKind kind, DType dtype, std::int64_t count,
             std::vector<std::int64_t>& counts) {
  const RankId size = rank.world_size();
  Call call;
  call.kind = kind;
  call.dtype = dtype;
  call.count = count;
  if (operation(kind).has_root) call.peer = size / 2;
  if (kind == CallKind::all_gather_v) {
    for (RankId i = 0; i < size; ++i) counts.push_back((count + i) % 5);
  }
  if (kind == CallKind::all_to_all_v) {
    for (RankId i = 0; i < size; ++i) counts.push_back((count + rank.id() + 2 * i) % 5);
    for (RankId i = 0; i < size; ++i) counts.push_back((count + i + 2 * rank.id()) % 5);
  }
  if (!counts.empty()) call.count = 0;
  call.counts = counts;
  return call;
}

/// A message to the next rank of the ring and one from the rank before, as one batch.
void run_ring(Rank& rank, DType dtype, std::int64_t count) {
  Call send;
  send.kind = CallKind::send;
  send.dtype = dtype;
  send.count = count;
  send.peer = (rank.id() + 1) % rank.world_size();
  Call recv = send;
  recv.kind = CallKind::recv;
  recv.peer = (rank.id() + rank.world_size() - 1) % rank.world_size();
  const CheckedCall out = prepare(rank, send);
  const CheckedCall in = prepare(rank, recv);
  const std::vector<Call> batch{out.call, in.call};
  const Reply reply = rank.submit(batch);
  expect(rank, reply.status.ok() && rank.wait(reply.ticket).ok(), "ring");
  check_and_free(rank, out);
  check_and_free(rank, in);
}

void run_all(Rank& rank, DType dtype, std::int64_t count) {
  for (const OperationInfo& info : all_operations()) {
    if (info.is_p2p || info.reduces) continue;
    std::vector<std::int64_t> counts;
    run_checked(rank, call_of(rank, info.kind, dtype, count, counts));
  }
  for (const ReduceOpInfo& op : all_reduce_ops()) {
    for (const CallKind kind : {CallKind::all_reduce, CallKind::reduce, CallKind::reduce_scatter}) {
      std::vector<std::int64_t> counts;
      Call call = call_of(rank, kind, dtype, count, counts);
      call.op = op.op;
      if (op.op == ReduceOp::premul_sum) call.scalar = 2.0;
      run_checked(rank, call);
    }
  }
  run_ring(rank, dtype, count);
}

TEST_P(OperationProduct, EveryOperationIsRightForEveryDTypeAndOp) {
  const RankId size = GetParam();
  for (const DTypeInfo& dtype : all_dtypes()) {
    for (const std::int64_t count : {0, 1, 13}) {
      const RunResult result = simulate({}, size, [&](Rank& rank) { run_all(rank, dtype.dtype, count); });
      EXPECT_EQ(outcome_name(result.verdict.outcome), "passed") << dtype.name << " x " << count;
      for (const Complaint& complaint : result.complaints) ADD_FAILURE() << complaint.text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, OperationProduct, testing::Values(1, 2, 3, 8, 64));

}  // namespace
}  // namespace gridlock
