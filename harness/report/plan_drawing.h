#pragma once

#include <string>

#include "harness/model/scenario.h"

namespace gridlock {

/// More ranks than this make no picture that anybody can read.
inline constexpr RankId kDrawnRanksMax = 4096;

/// The grids of a scenario on the nodes of its world, one panel for each grid: every rank a cell with its
/// world rank and its coordinate, coloured by pipeline stage, in the box of its node. Ranks outside the grid
/// are empty cells. Throws InputError (place "--format") for more than kDrawnRanksMax ranks or no grid.
std::string plan_svg(const Scenario& scenario);

/// The same as a graph for Graphviz: nodes as clusters; solid edges join neighbours in a tensor group, dashed
/// ones neighbours in a pipeline. Throws as plan_svg does.
std::string plan_dot(const Scenario& scenario);

}  // namespace gridlock
