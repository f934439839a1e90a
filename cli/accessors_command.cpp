#include <fmt/format.h>

#include <memory>
#include <vector>

#include "cli/commands.h"
#include "core/grid/parallel_grid.h"
#include "core/grid/plan.h"
#include "core/mpu/accessor_report.h"

namespace gridlock::cli {
namespace {

AccessorReport report_of(const Scenario& scenario, const ScenarioGrid& grid) {
  std::vector<std::unique_ptr<Mpu>> mpus;
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    mpus.push_back(std::make_unique<ParallelGrid>(grid.plan, rank));
  }
  return make_accessor_report(mpus);
}

}  // namespace

void add_accessors_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "accessors",
      "Show what DeepSpeed reads from the grids of a scenario; exit 3 when an invariant does not hold");
  const auto flags = std::make_shared<RunFlags>();
  add_scenario_flags(*command, *flags);
  command->callback([flags, &invocation] {
    for (const auto& scenario : load_all(*flags)) {
      for (const ScenarioGrid& grid : scenario->grids) {
        const AccessorReport report = report_of(*scenario, grid);
        fmt::print("{}, grid {}\n{}", scenario->name, grid.name, to_text(report));
        if (!report.consistent()) invocation.exit_code = static_cast<int>(Outcome::mismatch);
      }
    }
  });
}

}  // namespace gridlock::cli
