#pragma once

#include <string>
#include <vector>

#include "harness/read/read_context.h"

namespace gridlock {

/// Reads the root's "world" and "grids" into the scenario: world size and nodes, and the plan of every grid.
/// Without "world" (or its "ranks") the world is the smallest one that holds all grids. Throws InputError for
/// whatever core/grid/topology.h, core/grid/rank_mapping.h and core/grid/plan.h refuse, at the place in the
/// file.
void read_world_and_grids(ReadContext& context, const JsonCursor& root);

/// The largest world that can be asked for.
inline constexpr std::int64_t kWorldSizeMax = 16'777'216;

}  // namespace gridlock
