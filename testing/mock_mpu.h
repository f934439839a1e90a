#pragma once

#include <gmock/gmock.h>

#include <initializer_list>

#include "core/base/check.h"
#include "core/grid/mpu.h"

namespace gridlock::testing {

/// An mpu whose answers a test dictates: to see what code reads from an mpu, in which order, and what it
/// makes of the answers. One method per name; has() is Python's hasattr and decides which names the object
/// offers. As a NiceMock it offers nothing until told: an unexpected has() is false, a number 0, a group
/// None. As a StrictMock with ::testing::InSequence it proves that code makes exactly the expected reads.
class MockMpu : public Mpu {
 public:
  MOCK_METHOD(bool, has, (Accessor), (const, override));

#define GRIDLOCK_NUMBER(name) MOCK_METHOD(std::int64_t, name, (), (const, override));
  GRIDLOCK_MPU_NUMBERS(GRIDLOCK_NUMBER)
#undef GRIDLOCK_NUMBER
#define GRIDLOCK_GROUP(name) MOCK_METHOD(MaybeGroup, name, (), (const, override));
  GRIDLOCK_MPU_GROUPS(GRIDLOCK_GROUP)
#undef GRIDLOCK_GROUP

  MOCK_METHOD(std::vector<RankId>, get_data_parallel_group_ranks, (), (const, override));
  MOCK_METHOD(RankId, stage_to_global, (RankId, std::span<const AxisIndex>), (const, override));
  MOCK_METHOD(std::int64_t, attribute_number, (Accessor), (const, override));
  MOCK_METHOD(std::vector<RankId>, attribute_pp_group, (), (const, override));
  MOCK_METHOD(std::optional<std::vector<RankPair>>, attribute_p2p_groups, (), (const, override));
  MOCK_METHOD(std::optional<MpuTopology>, attribute_topo, (), (const, override));

  /// has() answers true for these names, also in later calls; others keep their answer.
  void offer(std::initializer_list<Accessor> names) {
    for (Accessor name : names) ON_CALL(*this, has(name)).WillByDefault(::testing::Return(true));
  }
};

/// One hasattr(mpu, name) with this answer. Inside ::testing::InSequence, as all of these, it is the next
/// read.
inline void expect_guard(MockMpu& mpu, Accessor name, bool answer) {
  EXPECT_CALL(mpu, has(name)).WillOnce(::testing::Return(answer));
}

/// One read of a name that the object lacks: Python would raise AttributeError.
inline void expect_missing(MockMpu& mpu, Accessor name) { expect_guard(mpu, name, false); }

/// One read of a number accessor: it is there, and is called once.
inline void expect_number(MockMpu& mpu, Accessor name, std::int64_t answer) {
  expect_guard(mpu, name, true);
  switch (name) {
#define GRIDLOCK_EXPECT(accessor)                                     \
  case Accessor::accessor:                                            \
    EXPECT_CALL(mpu, accessor()).WillOnce(::testing::Return(answer)); \
    return;
    GRIDLOCK_MPU_NUMBERS(GRIDLOCK_EXPECT)
#undef GRIDLOCK_EXPECT
    default:
      EXPECT_CALL(mpu, attribute_number(name)).WillOnce(::testing::Return(answer));
  }
}

/// One read of a group accessor. Requires: `name` is one.
inline void expect_group(MockMpu& mpu, Accessor name, const MaybeGroup& answer) {
  expect_guard(mpu, name, true);
  switch (name) {
#define GRIDLOCK_EXPECT(accessor)                                     \
  case Accessor::accessor:                                            \
    EXPECT_CALL(mpu, accessor()).WillOnce(::testing::Return(answer)); \
    return;
    GRIDLOCK_MPU_GROUPS(GRIDLOCK_EXPECT)
#undef GRIDLOCK_EXPECT
    default:
      GRIDLOCK_CHECK(false);
  }
}

}  // namespace gridlock::testing
