#pragma once

#include <string>

namespace gridlock::cli {

/// Version, build type, compiler, and the worlds that this binary has: several lines.
std::string version_text();

}  // namespace gridlock::cli
