#include "harness/run/real_world.h"

#include <fmt/format.h>

#include <variant>

namespace gridlock {
namespace {

/// What the step does that only the simulator can; empty if nothing.
std::string_view simulated_only(const Action& action) {
  if (std::holds_alternative<ParallelAction>(action)) return "runs several host threads on one rank";
  if (std::holds_alternative<SplitAction>(action)) return "splits a group";
  if (std::holds_alternative<ShrinkAction>(action)) return "shrinks a group";
  if (std::holds_alternative<AbortAction>(action)) return "aborts a group";
  const auto* new_group = std::get_if<NewGroupAction>(&action);
  return new_group != nullptr && new_group->spec.members_only ? "makes a group by its members alone" : "";
}

void check(const std::vector<Step>& steps, std::string_view world) {
  for (const Step& step : steps) {
    for_each_list(step, [world](const std::vector<Step>& inner) { check(inner, world); });
    const std::string_view does = simulated_only(step.action);
    if (does.empty()) continue;
    throw UnsupportedError(step.site.place,
                           fmt::format("'{}' {}, which the world '{}' cannot", step.site.text, does, world),
                           "run it on sim");
  }
}

}  // namespace

void check_real_world(const Scenario& scenario, const RunOptions& options, std::string_view world) {
  if (!options.faults.empty()) {
    throw UnsupportedError(scenario.file, fmt::format("faults cannot be injected into the world '{}'", world),
                           "run it on sim, or take the faults out");
  }
  if (options.payload == Payload::shape) {
    throw UnsupportedError("payload",
                           fmt::format("the {} world moves real data and has no shape mode", world),
                           "use payload \"data\"");
  }
  for (const Program& program : scenario.programs) check(program.steps, world);
}

}  // namespace gridlock
