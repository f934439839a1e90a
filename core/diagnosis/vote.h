#pragma once

#include <cstddef>
#include <vector>

#include "core/diagnosis/diagnosis.h"

namespace gridlock {

/// Whom a disagreement is blamed on, decided by comparing all members.
struct Vote {
  Relation relation = Relation::tie;
  Certainty certainty = Certainty::certain;
  /// Indexes of the sides, blamed ones first.
  std::vector<std::size_t> order;
  /// The first so many of `order` are blamed.
  std::size_t blamed = 0;
};

/// `sizes` are the numbers of ranks per side. A side with a strict majority of all that are known is right
/// and the others are the minority; without one it is a tie and all are named. `unknown` members could stand
/// on any side: the result is certain only if they cannot change it. Requires: at least two sides.
Vote vote(const std::vector<std::size_t>& sizes, std::size_t unknown);

}  // namespace gridlock
