#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"

namespace gridlock::cli {

void add_init_command(CLI::App& app, Invocation& /*invocation*/) {
  CLI::App* command = app.add_subcommand("init", "Write the scenario that --from stands for, to start from");
  const auto source = std::make_shared<ConfigSource>();
  add_config_flags(*command, *source);
  command->get_option("--from")->required();
  command->callback([source] { fmt::print("{}", config_text(*source)); });
}

}  // namespace gridlock::cli
