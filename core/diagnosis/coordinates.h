#pragma once

#include <string>

#include "core/base/rank_set.h"
#include "core/grid/group_table.h"

namespace gridlock {

/// Where ranks stand in a grid: "actor.pipe=15", "actor.pipe=0, actor.data=1-3". Empty where they are not all
/// ranks of some coordinates of one grid, or are all of its ranks. Axes that the ranks fill are left out. The
/// first grid that fits, in the order of their making. O(ranks) per grid.
std::string coordinates_text(const GroupTable& groups, const RankSet& ranks);

}  // namespace gridlock
