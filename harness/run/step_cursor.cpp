#include "harness/run/step_cursor.h"

namespace gridlock {

StepCursor::StepCursor(const Scenario& scenario, RankView& view) : scenario_(&scenario), view_(&view) {}

StepCursor::StepCursor(const Scenario& scenario, RankView& view, const std::vector<Step>& steps)
    : scenario_(&scenario), view_(&view), program_(scenario.programs.size()) {
  frames_.push_back({&steps, 0, nullptr, 0});
}

const Step* StepCursor::next() {
  constexpr int kWalkMax = 4096;
  for (int walked = 0; walked < kWalkMax; ++walked) {
    if (frames_.empty() && !open_program()) return nullptr;
    Frame& frame = frames_.back();
    if (frame.place == frame.steps->size()) {
      close_frame();
      continue;
    }
    const Step& step = (*frame.steps)[frame.place++];
    if (!view_->admits(step.guard)) continue;
    const auto* loop = std::get_if<RepeatAction>(&step.action);
    if (loop == nullptr) return &step;
    open_loop(*loop);
  }
  return nullptr;
}

StepCursor StepCursor::with_view(RankView& view) const {
  StepCursor copy = *this;
  copy.view_ = &view;
  return copy;
}

bool StepCursor::open_program() {
  while (program_ < scenario_->programs.size()) {
    const Program& program = scenario_->programs[program_++];
    if (!view_->matches(program.ranks)) continue;
    frames_.push_back({&program.steps, 0, nullptr, 0});
    return true;
  }
  return false;
}

void StepCursor::open_loop(const RepeatAction& loop) {
  const std::int64_t turns = view_->evaluate(loop.times);
  if (turns <= 0) return;
  view_->set_loop(loop.depth, view_->evaluate(loop.from));
  frames_.push_back({&loop.steps, 0, &loop, turns});
}

void StepCursor::close_frame() {
  Frame& frame = frames_.back();
  if (frame.loop != nullptr && --frame.turns_left > 0) {
    view_->set_loop(frame.loop->depth, view_->loop(frame.loop->depth) + 1);
    frame.place = 0;
    return;
  }
  frames_.pop_back();
}

}  // namespace gridlock
