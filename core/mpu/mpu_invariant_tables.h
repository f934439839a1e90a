#pragma once

#include <span>

#include "core/mpu/mpu_invariant.h"

namespace gridlock {

/// The parts of mpu_invariants(), one file each.
std::span<const MpuInvariant> consistency_invariants();
std::span<const MpuInvariant> hazard_invariants();

/// One parallel dimension in the words of one naming family: where to read rank, size and group of it.
struct MpuDimension {
  std::string_view title;
  Accessor rank;
  Accessor size;
  Accessor group;
};

/// Model, tensor, slice, pipe (both spellings), data, sequence, sequence x data.
std::span<const MpuDimension> mpu_dimensions();

}  // namespace gridlock
