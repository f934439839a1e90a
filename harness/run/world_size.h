#pragma once

#include <cstdint>

#include "harness/model/scenario.h"

namespace gridlock {

/// Throws InputError (place: the scenario's file) for a world of which the simulator would need more than
/// `memory_max` bytes before its ranks do anything with their groups: so many ranks with the groups of all
/// grids. What is refused cannot fit; what is not may still end at the limit.
void check_world_size(const Scenario& scenario, std::int64_t memory_max);

}  // namespace gridlock
