#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/model/scenario.h"

namespace gridlock {

/// The groups that a scenario's grids ask for, one line per family, as a rank sees it that creates the grids
/// in the order of the file. Grows with the number of families, not with the world.
std::string plan_table(const Scenario& scenario);

/// The same as JSON: for each grid its families, and every request in order with its members and whether it
/// makes a new group or is answered by the registry.
nlohmann::ordered_json plan_json(const Scenario& scenario);

}  // namespace gridlock
