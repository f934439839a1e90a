#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "harness/report/recording.h"

namespace gridlock::cli {
namespace {

void replay(const std::string& path, Invocation& invocation) {
  const Recording recording = read_recording(path);
  const std::unique_ptr<World> world = make_world(recording.world);
  const CaseResult again = run_case(recording.scenario, *world, recording.options);
  const std::vector<std::string> differences =
      recording_differences(recording, record(again), {"recorded", "now"});
  fmt::print("{}", text_report(again, invocation.style));
  if (differences.empty()) {
    fmt::print("  the same run as recorded\n");
    invocation.exit_code = static_cast<int>(again.run.verdict.outcome);
    return;
  }
  fmt::print("  not the recorded run; first difference first:\n");
  for (const std::string& difference : differences) fmt::print("    {}\n", difference);
  invocation.exit_code = static_cast<int>(Outcome::nondeterministic);
}

}  // namespace

void add_replay_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "replay", "Run a recording again and say whether it is the same run, or where it first differs");
  const auto path = std::make_shared<std::string>();
  command->add_option("recording", *path, "A file written by gridlock run --record")
      ->required()
      ->check(CLI::ExistingFile);
  command->callback([path, &invocation] { replay(*path, invocation); });
}

}  // namespace gridlock::cli
