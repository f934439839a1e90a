#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/grid/mpu.h"

namespace gridlock {

/// A set of accessor names, one bit per Accessor.
using AccessorSet = std::bitset<kAccessorCount>;

/// The set of that one name.
inline AccessorSet accessor_bit(Accessor accessor) {
  return AccessorSet().set(static_cast<std::size_t>(accessor));
}

/// The objects that people hand to DeepSpeed as `mpu` or grid. The names they offer were recorded from the
/// sources (AReaL v0.5.1, DeepSpeed 0.19.6, Megatron core 0.20.0).
enum class MpuProvider : std::uint8_t {
  areal_parallel_grid,
  areal_fake_grid,
  deepspeed_pipeline_grid,
  deepspeed_groups_module,
  deepspeed_sequence_state,
  megatron_parallel_state,
};
inline constexpr std::size_t kMpuProviderCount = 6;

/// What reading the name gives: a number, a group or None, a list of ranks, something to call with arguments,
/// or an attribute that is no method.
enum class AccessorKind : std::uint8_t { number, group, ranks, call, attribute };

/// One row of the accessor table.
struct AccessorInfo {
  Accessor accessor;
  AccessorKind kind;
  /// Whether DeepSpeed 0.14.0 read the name already; otherwise it came with a version up to 0.19.6. Names
  /// that DeepSpeed never reads (only its users do) count as old.
  bool since_0_14;
  /// Bit i: the provider with that number has the name.
  std::uint8_t providers;
  std::string_view meaning;
};

/// One row per accessor, in declaration order.
std::span<const AccessorInfo> accessor_table();
const AccessorInfo& accessor_info(Accessor accessor);

std::span<const MpuProvider> all_mpu_providers();
/// "AReaL ParallelGrid", as a reader knows it.
std::string_view provider_title(MpuProvider provider);
/// The names that the provider has.
AccessorSet provider_accessors(MpuProvider provider);

}  // namespace gridlock
