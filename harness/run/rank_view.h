#pragma once

#include <cstdint>
#include <vector>

#include "harness/model/scenario.h"

namespace gridlock {

/// What a scenario's symbolic numbers and selections mean on one rank now: its coordinates in the scenario's
/// grids and the values of the loops it is in.
class RankView {
 public:
  /// Requires: scenario outlives the view.
  RankView(const Scenario& scenario, RankId rank);

  RankId rank() const { return rank_; }
  RankId index(const AxisRef& axis) const { return axis_index(*scenario_, axis, rank_); }
  std::int64_t loop(LoopDepth depth) const { return loops_[static_cast<std::size_t>(depth)]; }
  void set_loop(LoopDepth depth, std::int64_t value) { loops_[static_cast<std::size_t>(depth)] = value; }

  template <typename T>
  T evaluate(const Sum<T>& number) const {
    if (number.is_constant()) return number.constant;
    return number.evaluate([this](LoopDepth depth) { return loop(depth); },
                           [this](const AxisRef& axis) { return index(axis); });
  }
  template <typename T>
  const T& at(const PerAxis<T>& table) const {
    return table.at([this](const AxisRef& axis) { return index(axis); });
  }
  bool matches(const Selection& selection) const {
    return selection.matches(
        rank_, [this](LoopDepth depth) { return loop(depth); },
        [this](const AxisRef& axis) { return index(axis); });
  }
  bool admits(const Guard& guard) const {
    return guard.is_open() || guard.admits(
                                  rank_, [this](LoopDepth depth) { return loop(depth); },
                                  [this](const AxisRef& axis) { return index(axis); });
  }
  Label label(SiteId site, const Step& step) const;

 private:
  const Scenario* scenario_;
  RankId rank_;
  std::vector<std::int64_t> loops_;
};

}  // namespace gridlock
