#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.h"
#include "core/base/input_error.h"
#include "harness/report/recording.h"

namespace gridlock::cli {
namespace {

constexpr int kDifferent = 1;

// As diff does: 0 equal, 1 different, 2 trouble.
int tell(const std::string& what, const std::vector<std::string>& differences, const RecordingNames& names,
         const Recording& first) {
  if (differences.empty()) {
    fmt::print("{}: equal ({}, {}): outcome {}, transcript {}\n", what, names.first, names.second,
               outcome_name(first.outcome), hash_text(first.transcript));
    return 0;
  }
  fmt::print("{}: different ({}, {})\n", what, names.first, names.second);
  for (const std::string& difference : differences) fmt::print("  {}\n", difference);
  return kDifferent;
}

int diff_recordings(const std::string& first, const std::string& second) {
  const Recording a = read_recording(first);
  const Recording b = read_recording(second);
  RecordingNames names{a.world, b.world};
  if (names.first == names.second) names = {first, second};
  return tell(a.scenario->name, recording_differences(a, b, names), names, a);
}

int diff_worlds(const RunFlags& flags) {
  int exit_code = 0;
  for (const auto& scenario : load_all(flags)) {
    std::vector<Recording> recordings;
    for (const std::string& world : {std::string("sim"), flags.backend}) {
      const std::unique_ptr<World> made = make_world(world);
      const std::unique_ptr<World> simulator = make_simulator_beside(world);
      recordings.push_back(record(run_case(scenario, *made, options_for(*scenario, flags), simulator.get())));
    }
    const RecordingNames names{"sim", flags.backend};
    const auto differences = recording_differences(recordings[0], recordings[1], names);
    exit_code = std::max(exit_code, tell(scenario->name, differences, names, recordings[0]));
  }
  return exit_code;
}

void run(const RunFlags& flags, Invocation& invocation) {
  if (flags.backend != "sim") {
    invocation.exit_code = diff_worlds(flags);
  } else if (flags.files.size() == 2) {
    invocation.exit_code = diff_recordings(flags.files[0], flags.files[1]);
  } else {
    throw InputError("diff", "expected two recordings, or scenarios and --backend gloo or nccl",
                     "gridlock run SCENARIO --record FILE writes a recording");
  }
}

}  // namespace

void add_diff_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "diff",
      "Compare two recorded runs, or each scenario's run on sim with its run on --backend; exit 0 if equal");
  const auto flags = std::make_shared<RunFlags>();
  add_run_flags(*command, *flags);
  command->get_option("scenario")
      ->description("Two recordings (run --record), or scenario files with --backend");
  command->callback([flags, &invocation] { run(*flags, invocation); });
}

}  // namespace gridlock::cli
