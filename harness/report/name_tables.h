#pragma once

#include <string>

namespace gridlock {

/// The part of docs/scenario_format.md on words that tables of the core define: element types, reduce
/// operations, group families of each recipe, accessors of a grid.
std::string names_text();

}  // namespace gridlock
