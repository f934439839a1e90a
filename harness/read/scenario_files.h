#pragma once

#include <span>
#include <string>
#include <vector>

namespace gridlock {

/// The files among `paths` as they are, and for each folder every *.json below it but the schema, sorted by
/// path. Throws InputError for a path that does not exist and for a folder without scenarios.
std::vector<std::string> scenario_files(std::span<const std::string> paths);

}  // namespace gridlock
