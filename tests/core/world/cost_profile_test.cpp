#include "core/world/cost_profile.h"

#include <gtest/gtest.h>

namespace gridlock {
namespace {

const CostCurve kCurve{CallKind::all_reduce, 2, {{100, Nanos{10}}, {200, Nanos{20}}, {400, Nanos{60}}}};

TEST(CostCurve, IsLinearBetweenMeasuredPointsAndExactAtThem) {
  EXPECT_EQ(kCurve.time(100), Nanos{10});
  EXPECT_EQ(kCurve.time(150), Nanos{15});
  EXPECT_EQ(kCurve.time(200), Nanos{20});
  EXPECT_EQ(kCurve.time(300), Nanos{40});
  EXPECT_EQ(kCurve.time(400), Nanos{60});
}

TEST(CostCurve, OutsideItKeepsTheFirstTimeAndTheLastSlope) {
  EXPECT_EQ(kCurve.time(0), Nanos{10});
  EXPECT_EQ(kCurve.time(500), Nanos{80});
  EXPECT_EQ((CostCurve{CallKind::send, 2, {{8, Nanos{7}}}}.time(1'000'000)), Nanos{7});
  // A curve that falls at its end (noise) never goes below zero.
  EXPECT_EQ((CostCurve{CallKind::send, 2, {{1, Nanos{9}}, {2, Nanos{5}}}}.time(1'000)), Nanos{0});
}

TEST(CostCurve, HugeSizesDoNotOverflow) {
  const CostCurve steep{CallKind::send, 2, {{1, Nanos{1}}, {2, Nanos{1'000'000'000}}}};
  EXPECT_EQ(steep.time(std::int64_t{1} << 56U), Nanos{std::int64_t{1} << 59U});
}

TEST(CostProfile, TheLargestSmallerGroupSpeaksForOneThatWasNotMeasured) {
  const CostProfile profile{"p",
                            {{CallKind::all_reduce, 2, {{1, Nanos{2}}}},
                             {CallKind::all_reduce, 8, {{1, Nanos{8}}}},
                             {CallKind::broadcast, 4, {{1, Nanos{4}}}}}};
  EXPECT_EQ(profile.curve(CallKind::all_reduce, 2)->ranks, 2);
  EXPECT_EQ(profile.curve(CallKind::all_reduce, 7)->ranks, 2);
  EXPECT_EQ(profile.curve(CallKind::all_reduce, 8)->ranks, 8);
  EXPECT_EQ(profile.curve(CallKind::all_reduce, 1000)->ranks, 8);
  EXPECT_EQ(profile.curve(CallKind::broadcast, 2)->ranks, 4);
  EXPECT_EQ(profile.curve(CallKind::send, 2), nullptr);
}

}  // namespace
}  // namespace gridlock
