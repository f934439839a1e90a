#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "harness/lint/lint.h"

namespace gridlock::cli {

void add_lint_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "lint",
      "Say what the sizes of a scenario's grids lead to, without running it; exit 1 when there is an error");
  const auto flags = std::make_shared<RunFlags>();
  add_scenario_flags(*command, *flags);
  command->callback([flags, &invocation] {
    for (const auto& scenario : load_all(*flags)) {
      const LintReport report = lint(*scenario);
      fmt::print("{}", lint_text(*scenario, report));
      if (report.has_errors()) invocation.exit_code = static_cast<int>(Outcome::expectation_failed);
    }
  });
}

}  // namespace gridlock::cli
