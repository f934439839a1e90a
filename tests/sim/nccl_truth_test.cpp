#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/sim/nccl_truth.h"

namespace gridlock {
namespace {

/// Rows in which the simulator differs, with the reason; docs/fidelity.md says more about each.
const std::map<std::string, std::string>& differences() {
  static const std::map<std::string, std::string> kNames = {
      {"null_buffer", "memory that is no device memory does not exist here: the call is refused"},
      {"host_buffer_pageable", "memory that is no device memory does not exist here"},
      {"duplicate_gpu", "a rank is a device: two cannot share one"},
      {"bringup_split", "the row is about durations"},
      {"float_order", "the row is about bits of sums; the simulator adds in rank order"},
  };
  return kNames;
}

class NcclTruth : public ::testing::TestWithParam<TruthRow> {};

TEST_P(NcclTruth, TheSimulatorDoesWhatRealGpusDid) {
  const TruthRow& row = GetParam();
  if (differences().count(row.name()) > 0) return;
  SCOPED_TRACE(row.text() + "\n" + row.json.dump());
  const TruthRun run = run_row(row);
  EXPECT_EQ(run.sights, recorded_sights(row));
}

INSTANTIATE_TEST_SUITE_P(Rows, NcclTruth, ::testing::ValuesIn(truth_rows()),
                         [](const auto& info) { return "row_" + std::to_string(info.index); });

}  // namespace
}  // namespace gridlock
