#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "harness/read/schema.h"

namespace gridlock::cli {

void add_expand_command(CLI::App& app, Invocation& /*invocation*/) {
  CLI::App* command = app.add_subcommand(
      "expand",
      "Print scenarios in plain form: no extends, parameters, matrix or workloads, one document per cell");
  const auto flags = std::make_shared<RunFlags>();
  add_scenario_flags(*command, *flags);
  command->callback([flags] {
    for (const auto& scenario : load_all(*flags)) fmt::print("{}\n", scenario->plain);
  });
}

void add_schema_command(CLI::App& app, Invocation& /*invocation*/) {
  CLI::App* command = app.add_subcommand("schema", "Print the JSON Schema of scenario files");
  command->callback([] { fmt::print("{}\n", scenario_schema()); });
}

}  // namespace gridlock::cli
