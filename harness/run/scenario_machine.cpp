#include "harness/run/scenario_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/grid/plan.h"
#include "harness/run/expectation_step.h"

namespace gridlock {

ScenarioMachine::ScenarioMachine(const ScenarioProgram& program, RankId rank)
    : program_(&program),
      view_(program_->scenario(), rank),
      cursor_(program_->scenario(), view_),
      own_names_(program_->scenario()),
      names_(*own_names_) {}

ScenarioMachine::ScenarioMachine(ScenarioMachine& rank, const ParallelThread& thread)
    : program_(rank.program_),
      view_(rank.view_),
      cursor_(program_->scenario(), view_, thread.steps),
      names_(rank.names_),
      calls_(rank.calls_) {}

Request ScenarioMachine::next(RankContext& rank, const Reply& last) {
  if (!take(rank, last)) return request(RequestKind::exit, Pending::nothing);
  if (pending_ == Pending::wait_of_submit) {
    Request wait = request(RequestKind::wait, Pending::wait);
    wait.ticket = last.ticket;
    return wait;
  }
  // Steps that ask for nothing, and turns of loops that are empty here, end in a pause.
  constexpr int kSilentMax = 4096;
  for (int silent = 0; silent < kSilentMax; ++silent) {
    step_ = cursor_.next();
    if (step_ == nullptr && cursor_.is_at_end()) return request(RequestKind::done, Pending::nothing);
    if (step_ == nullptr) break;
    const std::optional<Request> made =
        std::visit([this, &rank](const auto& action) { return perform(rank, action); }, step_->action);
    if (made) return *made;
  }
  step_ = nullptr;
  return request(RequestKind::pause, Pending::nothing);
}

IntendedCalls ScenarioMachine::intended_calls(RankContext& rank, std::size_t max) {
  RankView view = view_;
  StepCursor cursor = cursor_.with_view(view);
  IntendedCalls intended;
  intended.is_cut = !intend(rank, view, cursor, max, intended);
  if (intended.calls.size() > max) intended.calls.resize(max);
  return intended;
}

bool ScenarioMachine::intend(RankContext& rank, RankView& view, StepCursor& cursor, std::size_t max,
                             IntendedCalls& intended) const {
  std::vector<Call>& calls = intended.calls;
  constexpr std::size_t kStepsPerCall = 16;
  constexpr std::size_t kStepsMin = 1024;
  for (std::size_t walked = 0; walked < kStepsMin + kStepsPerCall * max && calls.size() <= max; ++walked) {
    const Step* step = cursor.next();
    if (step == nullptr) break;
    const auto* parallel = std::get_if<ParallelAction>(&step->action);
    if (parallel != nullptr && !intend_parallel(rank, view, *parallel, max, intended)) return false;
    const auto* action = std::get_if<SubmitAction>(&step->action);
    if (action == nullptr) continue;
    for (const Operation& operation : action->operations) {
      if (!view.admits(operation.guard)) continue;
      Call call = CallBuilder::describe(rank, view, names_, program_->scenario(), operation,
                                        view.label(program_->site(*step), *step));
      if (operation.has_notes)
        call.notes = &intended.notes.emplace_back(CallBuilder::notes_of(view, operation));
      calls.insert(calls.end(), static_cast<std::size_t>(view.evaluate(operation.times)), call);
    }
  }
  return calls.size() <= max && cursor.is_at_end();
}

bool ScenarioMachine::intend_parallel(RankContext& rank, const RankView& view, const ParallelAction& action,
                                      std::size_t max, IntendedCalls& intended) const {
  std::vector<Call>& calls = intended.calls;
  const std::size_t first = calls.size();
  for (const ParallelThread& thread : action.threads) {
    if (!view.admits(thread.guard)) continue;
    const std::size_t before = calls.size();
    RankView own = view;
    StepCursor cursor(program_->scenario(), own, thread.steps);
    if (!intend(rank, own, cursor, max, intended)) return false;
    const auto is_shared = [&](std::size_t i) {
      return std::any_of(calls.begin() + static_cast<std::ptrdiff_t>(first),
                         calls.begin() + static_cast<std::ptrdiff_t>(before),
                         [&](const Call& other) { return other.group == calls[i].group; });
    };
    for (std::size_t i = before; i < calls.size(); ++i) {
      if (!is_shared(i)) continue;
      // How two threads take turns on a group is not known.
      calls.resize(first);
      return false;
    }
  }
  return true;
}

bool ScenarioMachine::take(RankContext& rank, const Reply& last) {
  const Pending pending = std::exchange(pending_, Pending::nothing);
  if (step_ == nullptr) return true;
  if (pending == Pending::submit) return take_submit(rank, last);
  if (!last.status.ok() && step_->continues_on_failure) {
    calls_.give_up(rank);
    return true;
  }
  if (!last.status.ok()) {
    const std::string words = rank.error_text();
    complain(rank, Complaint::Kind::expectation_failed,
             fmt::format("{} ended with {}{}{}", step_->site.text, status_name(last.status.code()),
                         words.empty() ? "" : ": ", words));
    return false;
  }
  if (pending == Pending::wait) calls_.check_finished(rank);
  threads_.reset();
  // What the abort ended has no result.
  if (step_ != nullptr && std::holds_alternative<AbortAction>(step_->action)) calls_.give_up(rank);
  if (pending == Pending::new_group) {
    std::visit(
        [&](const auto& action) {
          if constexpr (
              requires { action.spec.members; } || requires { action.color; })
            names_.set_group(action.name, last.group);
        },
        step_->action);
  }
  if (pending == Pending::create_grid)
    names_.set_grid(std::get<CreateGridAction>(step_->action).grid, last.grid);
  return true;
}

bool ScenarioMachine::take_submit(RankContext& rank, const Reply& last) {
  const auto& action = std::get<SubmitAction>(step_->action);
  calls_.submitted(rank, last);
  if (last.status.code() == StatusCode::not_a_member) return true;
  // A refused call is in the history, where the analyser finds it.
  if (!last.status.ok()) return step_->continues_on_failure;
  if (action.ticket != TicketName::none) names_.set_ticket(action.ticket, last.ticket);
  if (action.wait) pending_ = Pending::wait_of_submit;
  return true;
}

void ScenarioMachine::complain(RankContext& rank, Complaint::Kind kind, std::string text) {
  rank.complain({kind, rank.id(), label(), std::move(text)});
}

Request ScenarioMachine::request(RequestKind kind, Pending pending) {
  pending_ = pending;
  Request made;
  made.kind = kind;
  if (step_ != nullptr) made.label = label();
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const SubmitAction& action) {
  const std::span<const Call> calls =
      calls_.build(rank, view_, names_, program_->scenario(), action, label());
  if (calls.empty()) return std::nullopt;
  Request made = request(RequestKind::submit, Pending::submit);
  made.calls = calls;
  made.is_batch = action.is_batch;
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const ComputeAction& action) {
  Request made = request(RequestKind::compute, Pending::other);
  made.duration = Nanos(view_.evaluate(action.duration_ns));
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const CreateGridAction& action) {
  const ScenarioGrid& grid = program_->scenario().grids[static_cast<std::size_t>(action.grid)];
  Request made = request(RequestKind::create_grid, Pending::create_grid);
  made.plan = grid.plan;
  made.name = grid.name;
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const NewGroupAction& action) {
  Request made = request(RequestKind::new_group, Pending::new_group);
  made.spec = &action.spec;
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const SplitAction& action) {
  Request made = request(RequestKind::split, Pending::new_group);
  made.group = names_.group(action.group, rank.groups());
  made.color = static_cast<std::int32_t>(view_.evaluate(action.color));
  made.key = static_cast<std::int32_t>(view_.evaluate(action.key));
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const ShrinkAction& action) {
  Request made = request(RequestKind::shrink, Pending::new_group);
  made.group = names_.group(action.group, rank.groups());
  made.spec = &action.spec;
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const AbortAction& action) {
  calls_.check_finished(rank);
  Request made = request(RequestKind::abort, Pending::other);
  made.group = names_.group(action.group, rank.groups());
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const DestroyAction& action) {
  Request made = request(RequestKind::destroy_group, Pending::other);
  made.group = names_.group(action.group, rank.groups());
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const RepeatAction& /*action*/) {
  GRIDLOCK_CHECK(false && "the cursor opens loops itself");
  return std::nullopt;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const ParallelAction& action) {
  threads_ = std::make_unique<Threads>();
  for (const ParallelThread& thread : action.threads) {
    if (!view_.admits(thread.guard)) continue;
    threads_->machines.push_back(std::make_unique<ScenarioMachine>(*this, thread));
    threads_->started.push_back({thread.name, threads_->machines.back().get()});
  }
  if (threads_->started.empty()) return std::nullopt;
  Request made = request(RequestKind::parallel, Pending::other);
  made.threads = threads_->started;
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const PostAction& action) {
  Request made = request(RequestKind::post, Pending::other);
  made.name = action.name;
  made.fails = action.fails;
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const AwaitAction& action) {
  Request made = request(RequestKind::await, Pending::other);
  made.name = action.name;
  made.duration = Nanos(view_.evaluate(action.timeout_ns));
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const WaitAction& action) {
  // A rank whose guards left nothing to submit holds no ticket and has nothing to wait for.
  if (names_.ticket(action.ticket) == Ticket::none) return std::nullopt;
  Request made = request(RequestKind::wait, Pending::wait);
  made.ticket = names_.ticket(action.ticket);
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& /*rank*/, const SynchronizeAction& action) {
  Request made = request(RequestKind::synchronize, Pending::wait);
  made.stream = static_cast<StreamId>(view_.evaluate(action.stream));
  return made;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const FillAction& action) {
  calls_.fill(rank, view_, names_, action);
  return std::nullopt;
}

std::optional<Request> ScenarioMachine::perform(RankContext& rank, const ExpectAction& action) {
  std::string wrong = check_expectation(action, rank, view_, names_, program_->scenario());
  if (!wrong.empty()) complain(rank, Complaint::Kind::expectation_failed, std::move(wrong));
  return std::nullopt;
}

}  // namespace gridlock
