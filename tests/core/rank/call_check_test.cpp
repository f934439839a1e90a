#include "core/rank/call_check.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace gridlock {
namespace {

Call call_of(CallKind kind, std::int64_t count) {
  Call call;
  call.kind = kind;
  call.count = count;
  return call;
}

TEST(CallCheck, ExtentsOfAReduceScatterAreAllSharesInAndOneOut) {
  const auto extents = check_call(call_of(CallKind::reduce_scatter, 10), 2, 4);
  ASSERT_TRUE(extents.has_value());
  EXPECT_EQ(extents->input, 40);
  EXPECT_EQ(extents->output, 10);
  EXPECT_EQ(extents->share, 20);
}

TEST(CallCheck, AnUnevenGatherPlacesTheOwnShareBehindThoseBefore) {
  const std::array<std::int64_t, 3> counts = {5, 0, 7};
  Call call = call_of(CallKind::all_gather_v, 0);
  call.counts = counts;
  const auto extents = check_call(call, 2, 3);
  ASSERT_TRUE(extents.has_value());
  EXPECT_EQ(extents->input, 7);
  EXPECT_EQ(extents->output, 12);
  EXPECT_EQ(extents->share, 5);
}

TEST(CallCheck, RefusesWhatNcclRefusesAtTheCall) {
  Call root = call_of(CallKind::broadcast, 1);
  root.peer = 4;
  EXPECT_FALSE(check_call(root, 0, 4).has_value());
  root.peer = 3;
  EXPECT_TRUE(check_call(root, 0, 4).has_value());
  EXPECT_FALSE(check_call(call_of(CallKind::all_reduce, -1), 0, 4).has_value());
  EXPECT_FALSE(
      check_call(call_of(CallKind::all_gather, std::numeric_limits<std::int64_t>::max()), 0, 4).has_value());
}

TEST(CallCheck, RefusesAnInPlaceFormThatDoesNotExist) {
  Call call = call_of(CallKind::all_to_all, 3);
  call.input = call.output = BufferHandle{0};
  EXPECT_FALSE(check_call(call, 0, 2).has_value());
  call.output = BufferHandle{1};
  EXPECT_TRUE(check_call(call, 0, 2).has_value());
}

TEST(CallCheck, RefusesAScalarThatTheTypeCannotHold) {
  Call call = call_of(CallKind::all_reduce, 1);
  call.dtype = DType::int32;
  call.op = ReduceOp::premul_sum;
  call.scalar = 0.5;
  EXPECT_FALSE(check_call(call, 0, 2).has_value());
  call.scalar = 2;
  EXPECT_TRUE(check_call(call, 0, 2).has_value());
}

}  // namespace
}  // namespace gridlock
