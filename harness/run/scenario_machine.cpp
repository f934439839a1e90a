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
  Request made;
  if (!take(rank, last)) {
    begin(made, RequestKind::exit, Pending::nothing);
    return made;
  }
  // Steps that ask for nothing, and turns of loops that are empty here, end in a pause.
  constexpr int kSilentMax = 4096;
  for (int silent = 0; silent < kSilentMax; ++silent) {
    step_ = cursor_.next();
    if (step_ == nullptr && cursor_.is_at_end()) return made;
    if (step_ == nullptr) break;
    const bool asks =
        std::visit([&](const auto& action) { return perform(rank, action, made); }, step_->action);
    if (asks) return made;
  }
  step_ = nullptr;
  begin(made, RequestKind::pause, Pending::nothing);
  return made;
}

namespace {

/// Leaves the first `size` calls and what is posted before the next one.
void cut(IntendedCalls& intended, std::size_t size) {
  intended.calls.resize(size);
  std::erase_if(intended.posts, [&](const IntendedCalls::Post& post) { return post.before > size; });
}

}  // namespace

IntendedCalls ScenarioMachine::intended_calls(RankContext& rank, std::size_t max) {
  RankView view = view_;
  StepCursor cursor = cursor_.with_view(view);
  IntendedCalls intended;
  intended.is_cut = !intend(rank, view, cursor, max, intended);
  if (intended.calls.size() > max) cut(intended, max);
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
    if (const auto* post = std::get_if<PostAction>(&step->action); post != nullptr && !post->fails)
      intended.posts.push_back({post->name, view.label(program_->site(*step), *step), calls.size()});
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
      cut(intended, first);
      return false;
    }
  }
  return true;
}

bool ScenarioMachine::take(RankContext& rank, const Reply& last) {
  const Pending pending = std::exchange(pending_, Pending::nothing);
  if (step_ == nullptr) return true;
  if (pending == Pending::submit) {
    calls_.submitted(rank, last);
    // A refused call is in the history, where the analyser finds it.
    if (!was_enqueued(last))
      return last.status.code() == StatusCode::not_a_member || step_->continues_on_failure;
    const auto& action = std::get<SubmitAction>(step_->action);
    if (action.ticket != TicketName::none) names_.set_ticket(action.ticket, last.ticket);
    if (!action.wait) return true;
  }
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
  if (pending == Pending::wait || pending == Pending::submit) calls_.check_finished(rank);
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

void ScenarioMachine::complain(RankContext& rank, Complaint::Kind kind, std::string text) {
  rank.complain({kind, rank.id(), label(), std::move(text)});
}

void ScenarioMachine::begin(Request& made, RequestKind kind, Pending pending) {
  pending_ = pending;
  made.kind = kind;
  if (step_ != nullptr) made.label = label();
}

bool ScenarioMachine::perform(RankContext& rank, const SubmitAction& action, Request& made) {
  begin(made, RequestKind::submit, Pending::submit);
  made.calls = calls_.build(rank, view_, names_, *program_, *step_, made.label);
  if (made.calls.empty()) return false;
  made.is_batch = action.is_batch;
  made.waits = action.wait;
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const ComputeAction& action, Request& made) {
  begin(made, RequestKind::compute, Pending::other);
  made.duration = Nanos(view_.evaluate(action.duration_ns));
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const CreateGridAction& action, Request& made) {
  const ScenarioGrid& grid = program_->scenario().grids[static_cast<std::size_t>(action.grid)];
  begin(made, RequestKind::create_grid, Pending::create_grid);
  made.plan = grid.plan;
  made.name = grid.name;
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const NewGroupAction& action, Request& made) {
  begin(made, RequestKind::new_group, Pending::new_group);
  made.spec = &action.spec;
  return true;
}

bool ScenarioMachine::perform(RankContext& rank, const SplitAction& action, Request& made) {
  begin(made, RequestKind::split, Pending::new_group);
  made.group = names_.group(action.group, rank.groups());
  made.color = static_cast<std::int32_t>(view_.evaluate(action.color));
  made.key = static_cast<std::int32_t>(view_.evaluate(action.key));
  return true;
}

bool ScenarioMachine::perform(RankContext& rank, const ShrinkAction& action, Request& made) {
  begin(made, RequestKind::shrink, Pending::new_group);
  made.group = names_.group(action.group, rank.groups());
  made.spec = &action.spec;
  return true;
}

bool ScenarioMachine::perform(RankContext& rank, const AbortAction& action, Request& made) {
  calls_.check_finished(rank);
  begin(made, RequestKind::abort, Pending::other);
  made.group = names_.group(action.group, rank.groups());
  return true;
}

bool ScenarioMachine::perform(RankContext& rank, const DestroyAction& action, Request& made) {
  begin(made, RequestKind::destroy_group, Pending::other);
  made.group = names_.group(action.group, rank.groups());
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const RepeatAction& /*action*/, Request& /*made*/) {
  GRIDLOCK_CHECK(false && "the cursor opens loops itself");
  return false;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const ParallelAction& action, Request& made) {
  threads_ = std::make_unique<Threads>();
  for (const ParallelThread& thread : action.threads) {
    if (!view_.admits(thread.guard)) continue;
    threads_->machines.push_back(std::make_unique<ScenarioMachine>(*this, thread));
    threads_->started.push_back({thread.name, threads_->machines.back().get()});
  }
  if (threads_->started.empty()) return false;
  begin(made, RequestKind::parallel, Pending::other);
  made.threads = threads_->started;
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const PostAction& action, Request& made) {
  begin(made, RequestKind::post, Pending::other);
  made.name = action.name;
  made.fails = action.fails;
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const AwaitAction& action, Request& made) {
  begin(made, RequestKind::await, Pending::other);
  made.name = action.name;
  made.duration = Nanos(view_.evaluate(action.timeout_ns));
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const WaitAction& action, Request& made) {
  // A rank whose guards left nothing to submit holds no ticket and has nothing to wait for.
  if (names_.ticket(action.ticket) == Ticket::none) return false;
  begin(made, RequestKind::wait, Pending::wait);
  made.ticket = names_.ticket(action.ticket);
  return true;
}

bool ScenarioMachine::perform(RankContext& /*rank*/, const SynchronizeAction& action, Request& made) {
  begin(made, RequestKind::synchronize, Pending::wait);
  made.stream = static_cast<StreamId>(view_.evaluate(action.stream));
  return true;
}

bool ScenarioMachine::perform(RankContext& rank, const FillAction& action, Request& /*made*/) {
  calls_.fill(rank, view_, names_, action);
  return false;
}

bool ScenarioMachine::perform(RankContext& rank, const ExpectAction& action, Request& /*made*/) {
  std::string wrong = check_expectation(action, rank, view_, names_, program_->scenario());
  if (!wrong.empty()) complain(rank, Complaint::Kind::expectation_failed, std::move(wrong));
  return false;
}

}  // namespace gridlock
