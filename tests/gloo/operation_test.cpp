#include <gmock/gmock.h>

#include "tests/gloo/run_ranks.h"

namespace gridlock {
namespace {

using testing::IsEmpty;

class OnWorldsOf : public testing::TestWithParam<RankId> {};
INSTANTIATE_TEST_SUITE_P(Ranks, OnWorldsOf, testing::Values(1, 2, 3, 4, 8),
                         testing::PrintToStringParamName());

std::vector<std::string> complaint_texts(const RunResult& result) {
  std::vector<std::string> texts;
  for (const Complaint& complaint : result.complaints) texts.push_back(complaint.text);
  return texts;
}

/// Counts of an uneven call on a world of `size`: they differ by member, and one is 0.
std::vector<std::int64_t> uneven_counts(CallKind kind, GroupRank size, GroupRank self) {
  std::vector<std::int64_t> counts;
  const auto between = [](GroupRank from, GroupRank to) { return (from * 3 + to * 5) % 7; };
  if (kind == CallKind::all_gather_v) {
    for (GroupRank i = 0; i < size; ++i) counts.push_back(between(i, 0));
    return counts;
  }
  for (GroupRank to = 0; to < size; ++to) counts.push_back(between(self, to));
  for (GroupRank from = 0; from < size; ++from) counts.push_back(between(from, self));
  return counts;
}

void run_every_collective(Rank& rank, DType dtype, std::int64_t count) {
  for (const OperationInfo& info : all_operations()) {
    if (info.is_p2p) continue;
    Call call;
    call.kind = info.kind;
    call.dtype = dtype;
    if (info.has_root) call.peer = rank.world_size() - 1;
    std::vector<std::int64_t> counts;
    if (info.count == CountMeaning::per_rank) {
      counts = uneven_counts(info.kind, rank.world_size(), rank.id());
      call.counts = counts;
    } else if (info.count != CountMeaning::nothing) {
      call.count = count;
    }
    if (!run_checked(rank, call)) return;
  }
}

TEST_P(OnWorldsOf, EveryCollectiveGivesEveryRankWhatItMust) {
  const RunResult result = run_ranks(GetParam(), [](Rank& rank) {
    for (const DType dtype : {DType::int32, DType::bfloat16, DType::float64, DType::float8_e5m2}) {
      for (const std::int64_t count : {0, 1, 37}) run_every_collective(rank, dtype, count);
    }
  });
  EXPECT_THAT(complaint_texts(result), IsEmpty());
  EXPECT_EQ(result.verdict.outcome, Outcome::passed) << result.error;
}

TEST_P(OnWorldsOf, EveryReductionOfEveryTypeIsExact) {
  const RunResult result = run_ranks(GetParam(), [](Rank& rank) {
    for (const DTypeInfo& dtype : all_dtypes()) {
      for (const ReduceOpInfo& op : all_reduce_ops()) {
        Call call;
        call.kind = CallKind::all_reduce;
        call.dtype = dtype.dtype;
        call.op = op.op;
        call.scalar = op.op == ReduceOp::premul_sum ? 2.0 : 1.0;
        call.count = 19;
        if (!run_checked(rank, call)) return;
      }
    }
  });
  EXPECT_THAT(complaint_texts(result), IsEmpty());
  EXPECT_EQ(result.verdict.outcome, Outcome::passed) << result.error;
}

TEST_P(OnWorldsOf, ARingOfBatchedSendsAndReceivesCompletes) {
  const RunResult result = run_ranks(GetParam(), [](Rank& rank) {
    for (const std::int64_t count : {0, 1, 1000, 300'000}) {
      CheckedBatch batch(rank);
      const GroupRank size = rank.world_size();
      Call call;
      call.count = count;
      call.kind = CallKind::send;
      call.peer = (rank.id() + 1) % size;
      batch.add(call);
      call.kind = CallKind::recv;
      call.peer = (rank.id() + size - 1) % size;
      batch.add(call);
      const Status status = batch.run();
      expect_on_rank(rank, status.ok(), "the batch failed");
      if (!status.ok()) return;
      batch.check();
    }
  });
  EXPECT_THAT(complaint_texts(result), IsEmpty());
  EXPECT_EQ(result.verdict.outcome, Outcome::passed) << result.error;
}

}  // namespace
}  // namespace gridlock
