#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/model/scenario.h"
#include "harness/read/params.h"

namespace gridlock {

/// Reads one file, with everything it extends: one scenario per matrix cell, in file order of the matrix
/// axes, the last axis fastest. Throws InputError with file, line, column, JSON pointer and hint for the
/// first thing that is wrong in any of the cells; then nothing is returned.
std::vector<Scenario> load_scenarios(const std::string& path, std::span<const Setting> settings = {});

/// The same for a tree that is in memory already; `name` stands for the file.
std::vector<Scenario> load_scenarios(JsonNode root, const std::string& name,
                                     std::span<const Setting> settings = {});

/// Reads a plain scenario: parameters are put in and workloads expanded. `params` are the names that were put
/// in, for hints. Fills all of Scenario but `plain`. Throws InputError.
Scenario read_scenario(const JsonNode& plain, std::vector<std::string> params);

/// Keys of a scenario file's root.
std::vector<std::string> scenario_keys();

}  // namespace gridlock
