#include "core/grid/mpu.h"

#include <array>

#include "core/base/check.h"

namespace gridlock {
namespace {

constexpr std::array<Accessor, kAccessorCount> kAccessors{
#define GRIDLOCK_NAME(name) Accessor::name,
    GRIDLOCK_MPU_ACCESSORS(GRIDLOCK_NAME)
#undef GRIDLOCK_NAME
};

constexpr std::array<std::string_view, kAccessorCount> kNames{
#define GRIDLOCK_NAME(name) #name,
    GRIDLOCK_MPU_ACCESSORS(GRIDLOCK_NAME)
#undef GRIDLOCK_NAME
};

}  // namespace

std::span<const Accessor> all_accessors() { return kAccessors; }

std::string_view accessor_name(Accessor accessor) { return kNames[static_cast<std::size_t>(accessor)]; }

std::optional<Accessor> accessor_from_name(std::string_view name) {
  for (Accessor accessor : kAccessors) {
    if (accessor_name(accessor) == name) return accessor;
  }
  return std::nullopt;
}

std::int64_t Mpu::attribute_number(Accessor attribute) const {
  switch (attribute) {
    case Accessor::data_parallel_size:
      return get_data_parallel_world_size();
    case Accessor::data_parallel_id:
      return get_data_parallel_id();
    case Accessor::pipe_parallel_size:
      return get_pipe_parallel_world_size();
    case Accessor::model_parallel_size:
      return get_tensor_model_parallel_world_size();
    default:
      GRIDLOCK_CHECK(false);
      return 0;
  }
}

std::vector<RankId> Mpu::attribute_pp_group() const {
  std::vector<RankId> pipeline;
  if (get_stage_id() == kNoRank) return pipeline;
  const auto stages = static_cast<RankId>(get_pipe_parallel_world_size());
  for (RankId stage = 0; stage < stages; ++stage) pipeline.push_back(stage_to_global(stage, {}));
  return pipeline;
}

std::int64_t read_number(const Mpu& mpu, Accessor accessor) {
  switch (accessor) {
#define GRIDLOCK_READ(name) \
  case Accessor::name:      \
    return mpu.name();
    GRIDLOCK_MPU_NUMBERS(GRIDLOCK_READ)
#undef GRIDLOCK_READ
    default:
      GRIDLOCK_CHECK(false);
      return 0;
  }
}

MaybeGroup read_group(const Mpu& mpu, Accessor accessor) {
  switch (accessor) {
#define GRIDLOCK_READ(name) \
  case Accessor::name:      \
    return mpu.name();
    GRIDLOCK_MPU_GROUPS(GRIDLOCK_READ)
#undef GRIDLOCK_READ
    default:
      GRIDLOCK_CHECK(false);
      return std::nullopt;
  }
}

}  // namespace gridlock
