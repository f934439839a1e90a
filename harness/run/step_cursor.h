#pragma once

#include <cstdint>
#include <vector>

#include "harness/model/scenario.h"
#include "harness/run/rank_view.h"

namespace gridlock {

/// Where one rank is in its programs: walks the steps of every program that selects the rank, in file order,
/// through loops and guards. Holds one frame per open loop; nothing is unrolled.
class StepCursor {
 public:
  /// Requires: scenario and view outlive the cursor.
  StepCursor(const Scenario& scenario, RankView& view);
  /// Walks one list of steps instead, which outlives the cursor.
  StepCursor(const Scenario& scenario, RankView& view, const std::vector<Step>& steps);

  /// The next step that this rank executes (never a repeat). The loop values of the view are those of that
  /// step. nullptr at the end, and before it when the rank took no part in many steps in a row, so that the
  /// caller can look up: going on is calling again.
  const Step* next();
  bool is_at_end() const { return frames_.empty() && program_ == scenario_->programs.size(); }
  /// The same place, walked on with another view: to look ahead without moving.
  StepCursor with_view(RankView& view) const;

 private:
  struct Frame {
    const std::vector<Step>* steps;
    std::size_t place;
    /// The loop that this frame runs; nullptr for a program.
    const RepeatAction* loop;
    std::int64_t turns_left;
  };

  bool open_program();
  void open_loop(const RepeatAction& loop);
  void close_frame();

  const Scenario* scenario_;
  RankView* view_;
  std::size_t program_ = 0;
  std::vector<Frame> frames_;
};

}  // namespace gridlock
