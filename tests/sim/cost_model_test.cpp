#include "sim/cost_model.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include <limits>

namespace gridlock {
namespace {

const CostParameters kFree{Nanos{0}, 1000, nullptr};

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

CostParameters profiled(std::vector<CostCurve> curves) {
  CostParameters parameters = kFree;
  parameters.profile = std::make_shared<const CostProfile>(CostProfile{"p", std::move(curves)});
  return parameters;
}

TEST(CostModel, AProfileComesBeforeLatencyAndBandwidth) {
  const CostParameters parameters =
      profiled({{CallKind::all_reduce, 2, {{0, Nanos{100}}, {1000, Nanos{1100}}}}});
  EXPECT_EQ(sim::operation_cost(parameters, CallKind::all_reduce, 2, 500), Nanos{600});
  EXPECT_EQ(sim::operation_cost(parameters, CallKind::barrier, 2, 0), Nanos{100});
  // Not measured, and no kin measured: the formula, here 1 byte in a nanosecond.
  EXPECT_EQ(sim::operation_cost(parameters, CallKind::send, 2, 500), Nanos{500});
  // A group of one moves nothing.
  EXPECT_EQ(sim::operation_cost(parameters, CallKind::all_reduce, 1, 500), Nanos{0});
}

TEST(CostModel, AGroupSizeThatWasNotMeasuredCostsWhatAsManyBytesOnTheWireCost) {
  const CostParameters parameters =
      profiled({{CallKind::all_reduce, 2, {{0, Nanos{0}}, {1 << 20, Nanos{1 << 20}}}},
                {CallKind::all_gather, 2, {{0, Nanos{0}}, {1 << 20, Nanos{1 << 20}}}}});
  // Over 4 ranks 2*3/4 of the bytes are on the wire, over 2 ranks 2*1/2: half as many more.
  EXPECT_EQ(sim::operation_cost(parameters, CallKind::all_reduce, 4, 1 << 10), Nanos{1536});
  // A share goes to each of 7 others instead of 1.
  EXPECT_EQ(sim::operation_cost(parameters, CallKind::all_to_all, 8, 1 << 10), Nanos{7 << 10});
}

}  // namespace
}  // namespace gridlock
