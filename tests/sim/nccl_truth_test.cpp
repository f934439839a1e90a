#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "sim/sim_world.h"
#include "tests/sim/nccl_truth.h"

namespace gridlock {
namespace {

/// Rows in which the simulator differs, with the reason; docs/fidelity.md says more about each.
const std::map<std::string, std::string>& differences() {
  static const std::map<std::string, std::string> kNames = {
      {"null_buffer", "memory that is no device memory does not exist here: the call is refused"},
      {"host_buffer_pageable", "memory that is no device memory does not exist here"},
      {"duplicate_gpu", "here the call of the rank that names the other one's GPU is refused, not both"},
      {"bringup_split", "the row is about durations"},
      {"float_order", "the row is about bits of sums; the simulator adds in rank order"},
      {"recv_count_gt_send_4MB connected, hosts 2, ranks 2", "the receiver gets an error; here it hangs"},
  };
  return kNames;
}

class NcclTruth : public ::testing::TestWithParam<TruthRow> {};

TEST_P(NcclTruth, TheSimulatorDoesWhatRealGpusDid) {
  const TruthRow& row = GetParam();
  if (differences().count(row.name()) > 0 || differences().count(row.text()) > 0) return;
  SCOPED_TRACE(row.text() + "\n" + row.json.dump());
  const TruthRun run = run_row(row);
  const std::vector<Sights> recorded = recorded_sights(row);
  for (std::size_t rank = 0; rank < recorded.size(); ++rank) {
    // Of four ranks the rows have what the first two saw.
    if (rank >= 2 && recorded[rank].empty()) continue;
    EXPECT_EQ(run.sights[rank], recorded[rank]) << "rank " << rank;
  }
}

TEST(NcclTruthRows, AreAllThere) {
  EXPECT_EQ(truth_rows().size(), 169U);
  std::size_t left_out = 0;
  for (const TruthRow& row : truth_rows())
    left_out += differences().count(row.name()) + differences().count(row.text());
  EXPECT_EQ(left_out, 11U);
}

/// Rows whose values depend on what the simulator has no word for: offsets into buffers, and floats that are
/// called by another type.
bool has_own_values(const TruthRow& row) {
  return row.name() == "two_sends_order_swapped_recvs" || row.name() == "dtype_mismatch_same_bytes" ||
         row.name() == "dtype_mismatch_bytes";
}

TEST(NcclTruthRows, WhatCompletesHasTheRecordedValues) {
  std::size_t compared = 0;
  for (const TruthRow& row : truth_rows()) {
    if (differences().count(row.name()) > 0 || has_own_values(row)) continue;
    const TruthRun run = run_row(row);
    for (RankId rank = 0; rank < row.world_size(); ++rank) {
      const std::vector<std::vector<double>> recorded = recorded_values(row, rank);
      const auto& got = run.values[static_cast<std::size_t>(rank)];
      for (std::size_t i = 0; i < std::min(recorded.size(), got.size()); ++i) {
        SCOPED_TRACE(row.text());
        for (std::size_t j = 0; j < recorded[i].size(); ++j) {
          // The two-host run of 1 against 2 elements left garbage in the tail.
          if (std::isnan(recorded[i][j])) continue;
          EXPECT_EQ(got[i].at(j), recorded[i][j]) << "rank " << rank << ", print " << i << ", element " << j;
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 200U);
}

TEST(NcclTruthRows, AnAbortEndsTheWaitOfItsRank) {
  // abort_unblocks: hangs, the abort returns, then the stream is complete.
  RunOptions options;
  options.payload = Payload::shape;
  Status after;
  bool was_complete = true;
  (void)simulate(options, 2, [&](Rank& rank) {
    if (rank.id() == 1) return;
    Call call;
    call.kind = CallKind::all_reduce;
    call.count = 16;
    const Ticket ticket = rank.submit(call).ticket;
    (void)rank.compute(std::chrono::seconds(3));
    was_complete = rank.is_complete(ticket);
    Request abort;
    abort.kind = RequestKind::abort;
    abort.group = GroupHandle::world;
    (void)rank.execute(abort);
    after = rank.synchronize();
  });
  EXPECT_FALSE(was_complete);
  EXPECT_TRUE(after.ok());
}

INSTANTIATE_TEST_SUITE_P(Rows, NcclTruth, ::testing::ValuesIn(truth_rows()),
                         [](const auto& param) { return "row_" + std::to_string(param.index); });

}  // namespace
}  // namespace gridlock
