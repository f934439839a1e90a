#include "sim/cost_model.h"

#include <gtest/gtest.h>

#include <limits>

namespace gridlock {
namespace {

constexpr CostParameters kFree{Nanos{0}, 1000};

TEST(CostModel, WireBytesFollowTheBusBandwidthFactorsOfNcclTests) {
  // doc/PERFORMANCE.md: algorithm bytes S and factor per operation; with shares, S is n times the share.
  for (const GroupRank n : {2, 4, 8, 64}) {
    const std::int64_t size = 1 << 20;
    EXPECT_EQ(sim::wire_bytes(CallKind::all_reduce, n, size), size * 2 * (n - 1) / n);
    EXPECT_EQ(sim::wire_bytes(CallKind::all_gather, n, size / n), size * (n - 1) / n);
    EXPECT_EQ(sim::wire_bytes(CallKind::reduce_scatter, n, size / n), size * (n - 1) / n);
    EXPECT_EQ(sim::wire_bytes(CallKind::all_to_all, n, size / n), size * (n - 1) / n);
    EXPECT_EQ(sim::wire_bytes(CallKind::broadcast, n, size), size);
    EXPECT_EQ(sim::wire_bytes(CallKind::reduce, n, size), size);
    EXPECT_EQ(sim::wire_bytes(CallKind::send, 2, size), size);
  }
}

TEST(CostModel, CostIsLatencyPlusBytesOverBandwidth) {
  // 300 GB/s: 3 MB take 10 us.
  EXPECT_EQ(sim::operation_cost({}, CallKind::send, 2, 3'000'000), Nanos{10'000 + 10'000});
  EXPECT_EQ(sim::operation_cost({}, CallKind::barrier, 8, 0), Nanos{10'000});
  EXPECT_EQ(sim::operation_cost(kFree, CallKind::all_reduce, 1, 1'000'000), Nanos{0});
}

TEST(CostModel, HugeOperationsSaturateInsteadOfOverflowing) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  for (const OperationInfo& info : all_operations()) {
    const Nanos cost = sim::operation_cost(kFree, info.kind, 1'000'000, huge);
    EXPECT_GE(cost, Nanos{0});
    EXPECT_LE(cost.count(), huge / 10);
  }
}

}  // namespace
}  // namespace gridlock
