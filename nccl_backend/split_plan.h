#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/grid/members.h"

namespace gridlock {

/// The groups that one ncclCommSplit of the world makes: indexes into what plan_splits got, ascending; the
/// place in the list is the colour. No two share a rank.
using Split = std::vector<std::size_t>;

/// The splits that make all the groups of a creation, in the order in which every rank calls them: each group
/// of at least two members goes to the first split that has room for it, so that a family of disjoint groups
/// costs one split, and families that leave each other room share one. Groups of one get no communicator. A
/// pure function: equal on all ranks, members or not.
std::vector<Split> plan_splits(RankId world_size, std::span<const Members> groups);

}  // namespace gridlock
