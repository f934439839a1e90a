#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "harness/lint/lint.h"
#include "harness/report/plan_drawing.h"
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
  add_scenario_flags(*command, state->flags);
  command
      ->add_option("--format", state->format,
                   "table: one line per family; json: every request in order; svg, dot: the grid on nodes")
      ->check(CLI::IsMember({"table", "json", "svg", "dot"}));
  command->callback([state] {
    for (const auto& scenario : load_all(state->flags)) {
      if (state->format == "json") {
        fmt::print("{}\n", plan_json(*scenario).dump(1));
      } else if (state->format == "svg") {
        fmt::print("{}", plan_svg(*scenario));
      } else if (state->format == "dot") {
        fmt::print("{}", plan_dot(*scenario));
      } else {
        fmt::print("{}\n{}", plan_table(*scenario), lint_text(*scenario, lint(*scenario)));
      }
    }
  });
}

}  // namespace gridlock::cli
