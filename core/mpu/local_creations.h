#pragma once

#include <optional>
#include <span>

#include "core/mpu/dump_check.h"

namespace gridlock {

/// Lets all ranks make their groups in their recorded orders, where one with use_local_synchronization needs
/// its members alone and any other every rank, and tells of the first that is never complete: some member
/// does not make it, or members wait for each other in different ones. Nothing when all are made, or where
/// ranks disagree on those that all of them make. O(creations of all ranks x members).
std::optional<DumpDisagreement> find_stuck_local_creation(std::span<const MpuDump> dumps);

}  // namespace gridlock
