#pragma once

#include "core/mpu/accessor_table.h"

namespace gridlock {

/// Another mpu with some of its names hidden: has() is false for them, everything else is passed on. Shows
/// what DeepSpeed would do with an object that lacks those names, for example with the names of one provider
/// only:
///   RestrictedMpu(grid, provider_accessors(MpuProvider::areal_parallel_grid))
/// Keeps a reference: `inner` must outlive it.
class RestrictedMpu : public Mpu {
 public:
  RestrictedMpu(const Mpu& inner, const AccessorSet& visible) : inner_(inner), visible_(visible) {}

  bool has(Accessor accessor) const override;

#define GRIDLOCK_NUMBER(name) std::int64_t name() const override;
  GRIDLOCK_MPU_NUMBERS(GRIDLOCK_NUMBER)
#undef GRIDLOCK_NUMBER
#define GRIDLOCK_GROUP(name) MaybeGroup name() const override;
  GRIDLOCK_MPU_GROUPS(GRIDLOCK_GROUP)
#undef GRIDLOCK_GROUP

  std::vector<RankId> get_data_parallel_group_ranks() const override;
  RankId stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const override;
  std::int64_t attribute_number(Accessor attribute) const override;
  std::vector<RankId> attribute_pp_group() const override;
  std::optional<std::vector<RankPair>> attribute_p2p_groups() const override;
  std::optional<MpuTopology> attribute_topo() const override;

 private:
  const Mpu& inner_;
  AccessorSet visible_;
};

}  // namespace gridlock
