#pragma once

#include <string>

namespace gridlock {

/// docs/scenario_format.md without its first line: the scenario format from the schema, with the tables of
/// operations, element types, reduce operations, group families and accessors.
std::string scenario_page();

}  // namespace gridlock
