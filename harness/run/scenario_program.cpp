#include "harness/run/scenario_program.h"

#include <utility>

#include "harness/run/scenario_machine.h"

namespace gridlock {

ScenarioProgram::ScenarioProgram(std::shared_ptr<const Scenario> scenario)
    : scenario_(std::move(scenario)), site_of_step_(scenario_->step_count) {
  for (const Program& program : scenario_->programs) add_sites(program.steps);
}

void ScenarioProgram::add_sites(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    site_of_step_[step.number] = sites_.intern(step.site);
    for_each_list(step, [this](const std::vector<Step>& inner) { add_sites(inner); });
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
