#include "harness/run/scenario_program.h"

#include <utility>

#include "harness/run/scenario_machine.h"

namespace gridlock {
namespace {

std::optional<Call> plain_call_of(const Step& step) {
  const auto* action = std::get_if<SubmitAction>(&step.action);
  if (action == nullptr || action->operations.size() != 1) return std::nullopt;
  const Operation& operation = action->operations.front();
  const Peer& peer = operation.peer;
  const bool is_plain =
      operation.guard.is_open() && operation.times == Number{1, {}, {}} && operation.count.is_constant() &&
      operation.scalar.is_constant() && operation.stream.is_constant() && operation.counts.empty() &&
      !operation.has_notes && operation.input == BufferName::none && operation.output == BufferName::none &&
      (peer.by == Peer::By::none || (peer.by == Peer::By::group_rank && peer.value.is_constant()));
  if (!is_plain) return std::nullopt;
  Call call;
  call.kind = operation.kind;
  call.dtype = operation.dtype;
  call.op = operation.op;
  call.stream = static_cast<StreamId>(operation.stream.constant);
  call.count = operation.count.constant;
  call.scalar = operation.scalar.constant;
  if (peer.by == Peer::By::group_rank) call.peer = static_cast<GroupRank>(peer.value.constant);
  return call;
}

}  // namespace

ScenarioProgram::ScenarioProgram(std::shared_ptr<const Scenario> scenario)
    : scenario_(std::move(scenario)),
      site_of_step_(scenario_->step_count),
      plain_calls_(scenario_->step_count) {
  for (const Program& program : scenario_->programs) add_steps(program.steps);
}

void ScenarioProgram::add_steps(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    site_of_step_[step.number] = sites_.intern(step.site);
    plain_calls_[step.number] = plain_call_of(step);
    for_each_list(step, [this](const std::vector<Step>& inner) { add_steps(inner); });
  }
}

RankProgram make_rank_program(const std::shared_ptr<const ScenarioProgram>& program) {
  RankProgram made;
  made.world_size = program->scenario().world_size;
  made.thread_max = program->scenario().thread_max;
  made.machine = [program](RankId rank) -> std::unique_ptr<StepMachine> {
    return std::make_unique<ScenarioMachine>(*program, rank);
  };
  return made;
}

}  // namespace gridlock
