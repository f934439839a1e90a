#pragma once

#include <string>
#include <vector>

#include "core/base/units.h"

namespace gridlock {

/// Ranks up to which every shipped scenario is run by every test that goes through them.
inline constexpr RankId kSmallWorldMax = 64;

/// The shipped scenarios, with or without a bug, but for those that need GPUs and those of larger worlds,
/// which are named here: reading all files takes too long for a list of tests.
std::vector<std::string> files_of_small_worlds();

}  // namespace gridlock
