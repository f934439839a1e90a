#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "harness/report/generated_docs.h"

namespace gridlock::cli {

void add_docs_command(CLI::App& app, Invocation& /*invocation*/) {
  CLI::App* command =
      app.add_subcommand("docs", "Write the reference pages that are made from the tables in the code");
  const auto folder = std::make_shared<std::string>("docs");
  command->add_option("folder", *folder, "Where to write them; default: docs")->check(CLI::ExistingDirectory);
  command->callback([folder] {
    for (const GeneratedPage& page : generated_docs()) {
      write_file((std::filesystem::path(*folder) / page.name).string(), page.text);
    }
  });
}

}  // namespace gridlock::cli
