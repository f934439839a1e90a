#pragma once

#include <span>

#include "core/mpu/mpu_probe.h"

namespace gridlock {

/// The parts of all_probes(), one file each.
std::span<const Probe> bwc_probes();
std::span<const Probe> groups_probes();
std::span<const Probe> engine_probes();
std::span<const Probe> optimizer_probes();
std::span<const Probe> pipe_probes();
std::span<const Probe> layer_probes();

}  // namespace gridlock
