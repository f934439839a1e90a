#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "harness/report/plan_report.h"

namespace gridlock::cli {

void add_plan_command(CLI::App& app, Invocation& /*invocation*/) {
  struct PlanCommand {
    RunFlags flags;
    std::string format = "table";
  };
  CLI::App* command =
      app.add_subcommand("plan", "Show the groups that the grids of a scenario create, in order");
  const auto state = std::make_shared<PlanCommand>();
  command->add_option("scenario", state->flags.files, "Scenario files")->required()->check(CLI::ExistingFile);
  command->add_option("--set", state->flags.settings, "path=value: replace one value of the scenario")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--format", state->format, "table: one line per family; json: every request in order")
      ->check(CLI::IsMember({"table", "json"}));
  command->callback([state] {
    for (const auto& scenario : load_all(state->flags)) {
      fmt::print("{}", state->format == "json" ? plan_json(*scenario).dump(1) + "\n" : plan_table(*scenario));
    }
  });
}

}  // namespace gridlock::cli
