#pragma once

#include <gmock/gmock.h>

#include <vector>

#include "core/grid/mpu.h"

namespace gridlock::testing {

/// A group accessor's answer with exactly these members: EXPECT_THAT(grid.get_pipe_parallel_group(),
/// IsGroupOf({1, 5})).
MATCHER_P(IsGroupOfRanks, ranks, "is the group of " + ::testing::PrintToString(ranks)) {
  if (!arg.has_value()) {
    *result_listener << "there is no group";
    return false;
  }
  *result_listener << "its members are " << arg->members.to_string();
  return arg->members.to_vector() == ranks;
}
inline auto IsGroupOf(std::vector<RankId> ranks) { return IsGroupOfRanks(std::move(ranks)); }

/// Python's None: the rank is in no such group.
MATCHER(IsNoGroup, "is no group") {
  if (arg.has_value()) *result_listener << "its members are " << arg->members.to_string();
  return !arg.has_value();
}

MATCHER_P(HasGroupRank, expected, "gives that rank its place in the group") {
  *result_listener << "its members are " << (arg.has_value() ? arg->members.to_string() : "none");
  return arg.has_value() && arg->members.index_of(expected.first) == expected.second;
}

/// A group in which world rank `rank` has group rank `place`.
inline auto HasRankAt(RankId rank, GroupRank place) { return HasGroupRank(std::pair(rank, place)); }

/// The very group object that another accessor handed out, not merely one of equal members.
MATCHER_P(IsSameGroupAs, other, "is the same group object") {
  return arg.has_value() && other.has_value() && *arg == *other;
}

MATCHER_P(RunsOn, backend, "is a group of that backend") {
  return arg.has_value() && arg->backend == backend;
}

}  // namespace gridlock::testing
