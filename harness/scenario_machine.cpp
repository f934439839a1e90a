#include "harness/scenario_machine.h"

#include <fmt/format.h>

#include <utility>

#include "core/check.h"
#include "core/plan.h"
#include "harness/expectation_step.h"

namespace gridlock {

ScenarioMachine::ScenarioMachine(std::shared_ptr<const ScenarioProgram> program, RankId rank)
    : program_(std::move(program)),
      view_(program_->scenario(), rank),
      cursor_(program_->scenario(), view_),
      names_(program_->scenario()) {}

Request ScenarioMachine::next(RankContext& rank, const Reply& last) {
  if (!take(rank, last)) return request(RequestKind::exit, Pending::nothing);
  if (pending_ == Pending::wait_of_submit) {
    Request wait = request(RequestKind::wait, Pending::wait);
    wait.ticket = last.ticket;
    return wait;
  }
  for (;;) {
    step_ = cursor_.next();
    if (step_ == nullptr) return request(RequestKind::done, Pending::nothing);
    if (const std::optional<Request> made = perform(rank, *step_)) return *made;
  }
}

bool ScenarioMachine::take(RankContext& rank, const Reply& last) {
  const Pending pending = std::exchange(pending_, Pending::nothing);
  if (pending == Pending::submit) return take_submit(rank, last);
  if (!last.status.ok()) {
    calls_.fail(rank, last.status, view_.label(program_->site(*step_), *step_));
    return false;
  }
  switch (pending) {
    case Pending::wait:
      calls_.check_finished(rank);
      return true;
    case Pending::new_group:
      names_.set_group(std::get<NewGroupAction>(step_->action).name, last.group);
      return true;
    case Pending::create_grid:
      names_.set_grid(std::get<CreateGridAction>(step_->action).grid, last.grid);
      return true;
    default:
      return true;
  }
}

bool ScenarioMachine::take_submit(RankContext& rank, const Reply& last) {
  const auto& action = std::get<SubmitAction>(step_->action);
  calls_.submitted(rank, last);
  if (!last.status.ok()) {
    if (last.status.code() == StatusCode::not_a_member) return true;
    calls_.fail(rank, last.status, view_.label(program_->site(*step_), *step_));
    return false;
  }
  if (action.ticket != TicketName::none) names_.set_ticket(action.ticket, last.ticket);
  if (action.wait) pending_ = Pending::wait_of_submit;
  return true;
}

Request ScenarioMachine::request(RequestKind kind, Pending pending) {
  pending_ = pending;
  Request made;
  made.kind = kind;
  if (step_ != nullptr) made.label = view_.label(program_->site(*step_), *step_);
  return made;
}

std::optional<Request> ScenarioMachine::submit(RankContext& rank, const Step& step,
                                               const SubmitAction& action) {
  const Label label = view_.label(program_->site(step), step);
  const std::span<const Call> calls = calls_.build(rank, view_, names_, program_->scenario(), action, label);
  if (calls.empty()) return std::nullopt;
  Request made = request(RequestKind::submit, Pending::submit);
  made.calls = calls;
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const Step& step) {
  if (const auto* operation = std::get_if<SubmitAction>(&step.action)) return submit(rank, step, *operation);
  if (const auto* compute = std::get_if<ComputeAction>(&step.action)) {
    Request made = request(RequestKind::compute, Pending::other);
    made.duration = Nanos(view_.evaluate(compute->duration_ns));
    return made;
  }
  if (const auto* create = std::get_if<CreateGridAction>(&step.action)) {
    Request made = request(RequestKind::create_grid, Pending::create_grid);
    const ScenarioGrid& grid = program_->scenario().grids[static_cast<std::size_t>(create->grid)];
    made.plan = grid.plan;
    made.name = grid.name;
    return made;
  }
  if (const auto* create = std::get_if<NewGroupAction>(&step.action)) {
    Request made = request(RequestKind::new_group, Pending::new_group);
    made.spec = &create->spec;
    return made;
  }
  if (const auto* destroy = std::get_if<DestroyAction>(&step.action)) {
    Request made = request(RequestKind::destroy_group, Pending::other);
    made.group = names_.group(destroy->group, rank.groups());
    return made;
  }
  if (const auto* post = std::get_if<PostAction>(&step.action)) {
    Request made = request(RequestKind::post, Pending::other);
    made.name = post->name;
    return made;
  }
  if (const auto* await = std::get_if<AwaitAction>(&step.action)) {
    Request made = request(RequestKind::await, Pending::other);
    made.name = await->name;
    made.duration = Nanos(view_.evaluate(await->timeout_ns));
    return made;
  }
  if (const auto* wait = std::get_if<WaitAction>(&step.action)) {
    // A rank whose guards left nothing to submit holds no ticket and has nothing to wait for.
    if (names_.ticket(wait->ticket) == Ticket::none) return std::nullopt;
    Request made = request(RequestKind::wait, Pending::wait);
    made.ticket = names_.ticket(wait->ticket);
    return made;
  }
  if (const auto* synchronize = std::get_if<SynchronizeAction>(&step.action)) {
    Request made = request(RequestKind::synchronize, Pending::wait);
    made.stream = static_cast<StreamId>(view_.evaluate(synchronize->stream));
    return made;
  }
  if (const auto* fill = std::get_if<FillAction>(&step.action)) {
    calls_.fill(rank, view_, names_, *fill);
    return std::nullopt;
  }
  const auto& expect = std::get<ExpectAction>(step.action);
  if (const std::string wrong = check_expectation(expect, rank, view_, names_, program_->scenario());
      !wrong.empty()) {
    rank.complain(
        {Complaint::Kind::expectation_failed, rank.id(), view_.label(program_->site(step), step), wrong});
  }
  return std::nullopt;
}

}  // namespace gridlock
