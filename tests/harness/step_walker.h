#pragma once

#include <vector>

#include "harness/model/scenario.h"

namespace gridlock {

/// Walks the steps of one rank's programs in the order in which it runs them, with its own reading of guards
/// and loops: an expectation's way around the runner.
class StepWalker {
  auto loop() const {
    return [this](LoopDepth depth) { return loops_[static_cast<std::size_t>(depth)]; };
  }
  auto index() const {
    return [this](const AxisRef& axis) { return axis_index(scenario_, axis, rank_); };
  }

 public:
  StepWalker(const Scenario& scenario, RankId rank)
      : scenario_(scenario), rank_(rank), loops_(static_cast<std::size_t>(scenario.loop_depth_max) + 1) {}

  /// Calls `visit(step)` for every step that is no repeat, in each of its turns.
  template <typename Visit>
  void walk(Visit&& visit) {
    for (const Program& program : scenario_.programs) {
      if (program.ranks.matches(rank_, loop(), index())) run(program.steps, visit);
    }
  }

  std::int64_t value(const Number& number) const { return number.evaluate(loop(), index()); }
  std::int64_t turn(LoopDepth depth) const { return loops_[static_cast<std::size_t>(depth)]; }
  bool admits(const Guard& guard) const { return guard.admits(rank_, loop(), index()); }

 private:
  template <typename Visit>
  void run(const std::vector<Step>& steps, Visit&& visit) {
    for (const Step& step : steps) {
      if (!admits(step.guard)) continue;
      const auto* repeat = std::get_if<RepeatAction>(&step.action);
      if (repeat == nullptr) {
        visit(step);
        continue;
      }
      const std::int64_t from = value(repeat->from);
      const std::int64_t times = value(repeat->times);
      for (std::int64_t turn = 0; turn < times; ++turn) {
        loops_[static_cast<std::size_t>(repeat->depth)] = from + turn;
        run(repeat->steps, visit);
      }
    }
  }

  const Scenario& scenario_;
  RankId rank_;
  std::vector<std::int64_t> loops_;
};

}  // namespace gridlock
