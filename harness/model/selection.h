#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/rank_set.h"
#include "harness/model/number.h"

namespace gridlock {

/// One condition of a selection: something about the rank (or a loop around the step) is one of `values`.
struct Condition {
  enum class Subject : std::uint8_t {
    rank,    ///< the world rank is in values
    member,  ///< the rank belongs to grid `axis.grid`; values is not used
    axis,    ///< the rank belongs to grid `axis.grid` and its index on that axis is in values
    loop,    ///< the value of the loop variable at `loop` is in values
  };
  Subject subject = Subject::rank;
  AxisRef axis;
  LoopDepth loop = 0;
  /// Ranks, axis indexes or loop values: a sorted set of integers in all three cases.
  RankSet values;

  bool operator==(const Condition&) const = default;
};

/// Ranks (and loop turns) that satisfy all conditions; everything when there is none. Never expanded per
/// rank.
struct Selection {
  std::vector<Condition> conditions;

  bool is_everything() const { return conditions.empty(); }
  bool operator==(const Selection&) const = default;

  /// `index(axis)` is the rank's index on an axis and -1 outside the grid (axis.axis is 0 for
  /// Subject::member); `loop(depth)` the value of a loop variable.
  template <typename Loop, typename Index>
  bool matches(RankId rank, Loop&& loop, Index&& index) const {
    for (const Condition& condition : conditions) {
      switch (condition.subject) {
        case Condition::Subject::rank:
          if (!condition.values.contains(rank)) return false;
          break;
        case Condition::Subject::member:
          if (index(condition.axis) < 0) return false;
          break;
        case Condition::Subject::axis:
          if (const RankId at = index(condition.axis); at < 0 || !condition.values.contains(at)) return false;
          break;
        case Condition::Subject::loop:
          if (!condition.values.contains(static_cast<RankId>(loop(condition.loop)))) return false;
          break;
      }
    }
    return true;
  }
};

/// `only` and `except` of a step.
struct Guard {
  std::optional<Selection> only;
  std::optional<Selection> except;

  bool is_open() const { return !only && !except; }
  bool operator==(const Guard&) const = default;

  template <typename Loop, typename Index>
  bool admits(RankId rank, Loop&& loop, Index&& index) const {
    return (!only || only->matches(rank, loop, index)) && (!except || !except->matches(rank, loop, index));
  }
};

}  // namespace gridlock
