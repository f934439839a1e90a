#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.h"

namespace gridlock {

/// Place of a loop variable among the loops around a step: 0 is the outermost `repeat`, anonymous ones
/// included. A rank that runs steps keeps one value per depth.
using LoopDepth = std::int32_t;

/// An axis of one of the scenario's grids (indexes into Scenario::grids and the topology's axes), the place
/// in the rank's group of one of its families, or the world rank itself.
struct AxisRef {
  static constexpr std::int32_t kRank = -1;
  std::int32_t grid = kRank;
  /// With is_place: index into the plan's families.
  std::int32_t axis = 0;
  bool is_place = false;

  bool is_rank() const { return grid == kRank; }
  bool operator==(const AxisRef&) const = default;
};

/// {"by": "actor.data", "values": [...]}: one value per index on the axis. As many values as the axis is long
/// (checked by the reader), or as the world has ranks.
template <typename T>
struct AxisTable {
  AxisRef by;
  std::vector<T> values;

  bool operator==(const AxisTable&) const = default;
};

/// A number of a scenario after its parameters were put in: constant + loop variables + one entry of each
/// table. Every spelling (4, "$m", {"by": ...}, {"sum": [...]}) is this one form, so evaluation is one loop.
/// The steps that hold it are shared by all ranks.
template <typename T>
struct Sum {
  T constant{};
  std::vector<LoopDepth> loops;
  std::vector<AxisTable<T>> tables;

  bool is_constant() const { return loops.empty() && tables.empty(); }
  bool operator==(const Sum&) const = default;

  /// `loop(depth)` is the present value of a loop variable, `index(axis)` the rank's index on an axis. The
  /// reader refuses tables in places that ranks outside the grid run, so index is asked of members only.
  template <typename Loop, typename Index>
  T evaluate(Loop&& loop, Index&& index) const {
    T value = constant;
    for (const LoopDepth depth : loops) value += static_cast<T>(loop(depth));
    for (const AxisTable<T>& table : tables) value += table.values[static_cast<std::size_t>(index(table.by))];
    return value;
  }
};

/// One value for all ranks, or one per index on an axis. As Sum's tables: asked of ranks that are on the axis
/// only.
template <typename T>
struct PerAxis {
  std::optional<AxisRef> by;
  std::vector<T> values = std::vector<T>(1);

  bool operator==(const PerAxis&) const = default;

  template <typename Index>
  const T& at(Index&& index) const {
    return values[by ? static_cast<std::size_t>(index(*by)) : 0];
  }
};

using Number = Sum<std::int64_t>;
using Real = Sum<double>;

}  // namespace gridlock
