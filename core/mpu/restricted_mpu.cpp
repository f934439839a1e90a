#include "core/mpu/restricted_mpu.h"

#include "core/base/check.h"

namespace gridlock {

bool RestrictedMpu::has(Accessor accessor) const {
  return visible_.test(static_cast<std::size_t>(accessor)) && inner_.has(accessor);
}

#define GRIDLOCK_NUMBER(name)                \
  std::int64_t RestrictedMpu::name() const { \
    GRIDLOCK_CHECK(has(Accessor::name));     \
    return inner_.name();                    \
  }
GRIDLOCK_MPU_NUMBERS(GRIDLOCK_NUMBER)
#undef GRIDLOCK_NUMBER

#define GRIDLOCK_GROUP(name)               \
  MaybeGroup RestrictedMpu::name() const { \
    GRIDLOCK_CHECK(has(Accessor::name));   \
    return inner_.name();                  \
  }
GRIDLOCK_MPU_GROUPS(GRIDLOCK_GROUP)
#undef GRIDLOCK_GROUP

std::vector<RankId> RestrictedMpu::get_data_parallel_group_ranks() const {
  GRIDLOCK_CHECK(has(Accessor::get_data_parallel_group_ranks));
  return inner_.get_data_parallel_group_ranks();
}

RankId RestrictedMpu::stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const {
  GRIDLOCK_CHECK(has(Accessor::stage_to_global));
  return inner_.stage_to_global(stage, overrides);
}

std::int64_t RestrictedMpu::attribute_number(Accessor attribute) const {
  GRIDLOCK_CHECK(has(attribute));
  return inner_.attribute_number(attribute);
}

std::vector<RankId> RestrictedMpu::attribute_pp_group() const {
  GRIDLOCK_CHECK(has(Accessor::pp_group));
  return inner_.attribute_pp_group();
}

std::optional<std::vector<RankPair>> RestrictedMpu::attribute_p2p_groups() const {
  GRIDLOCK_CHECK(has(Accessor::p2p_groups));
  return inner_.attribute_p2p_groups();
}

std::optional<MpuTopology> RestrictedMpu::attribute_topo() const {
  GRIDLOCK_CHECK(has(Accessor::_topo));
  return inner_.attribute_topo();
}

}  // namespace gridlock
