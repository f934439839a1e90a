#pragma once

#include <string_view>

#include "core/world/world.h"
#include "harness/model/scenario.h"

namespace gridlock {

/// Throws InputError (place: the step, or the file) for what the simulator can and a world of real processes
/// cannot: faults, several host threads on one rank, groups that are made or given up by a part of the ranks.
void check_real_world(const Scenario& scenario, const RunOptions& options, std::string_view world);

}  // namespace gridlock
