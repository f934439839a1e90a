#pragma once

#include <string>
#include <vector>

#include "harness/scenario.h"

namespace gridlock {

/// Reads a plain scenario: parameters are put in and workloads expanded. `params` are the names that were put
/// in, for hints. Fills all of Scenario but `plain`. Throws InputError.
Scenario read_scenario(const JsonNode& plain, std::vector<std::string> params);

/// Keys of a scenario file's root.
std::vector<std::string> scenario_keys();

}  // namespace gridlock
