#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// Number of all collectives of a rank on a group, made and planned; nothing where not all that it intends is
/// known.
std::optional<std::size_t> total_calls(Evidence& evidence, RankId rank, InstanceId instance);

/// Numbers of collectives on the other groups that ranks know by that handle, one for each group of which all
/// members make as many, and some. At most so many are asked as are needed to see a pattern.
std::vector<std::size_t> counts_of_family(Evidence& evidence, GroupHandle group, InstanceId except);

}  // namespace gridlock
