#include "cli/unknown_word.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace gridlock::cli {
namespace {

std::string hint_for(std::string_view word, const std::vector<std::string>& known,
                     const std::string& otherwise) {
  const std::string nearest = nearest_name(word, known);
  return nearest.empty() ? otherwise : fmt::format("did you mean '{}'?", nearest);
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace

std::optional<InputError> unknown_word(const CLI::App& app, std::span<char* const> arguments) {
  const CLI::App* command = &app;
  for (const char* argument : arguments) {
    const std::string_view word(argument);
    if (word == "--") return std::nullopt;
    if (word.starts_with("--")) {
      const std::string option(word.substr(0, word.find('=')));
      if (command->get_option_no_throw(option) != nullptr) continue;
      return InputError(option, "no such option",
                        hint_for(option, options_of(*command), "--help lists them"));
    }
    if (command != &app || word.starts_with("-")) continue;
    const auto commands =
        app.get_subcommands([&](const CLI::App* each) { return each->check_name(argument); });
    command = commands.empty() ? nullptr : commands.front();
    if (command == nullptr)
      return InputError(std::string(word), "no such command",
                        hint_for(word, commands_of(app), "--help lists them"));
  }
  return std::nullopt;
}

}  // namespace gridlock::cli
