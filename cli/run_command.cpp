#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "core/base/input_error.h"
#include "harness/report/recording.h"
#include "harness/run/runner.h"

namespace gridlock::cli {
namespace {

struct RunCommand {
  RunFlags flags;
  std::string report;
  std::string record;
};

std::string repeat_line(const CaseResult& result, const RunFlags& flags) {
  std::string line = fmt::format("gridlock run {} --seed {}", scenario_words(result.scenario->file, flags),
                                 result.options.seed);
  for (const std::string& setting : flags.settings) line += fmt::format(" --set {}", shell_quoted(setting));
  if (flags.backend != "sim") line += fmt::format(" --backend {}", flags.backend);
  if (!flags.payload.empty()) line += fmt::format(" --payload {}", flags.payload);
  if (!flags.hosting.empty()) line += fmt::format(" --hosting {}", flags.hosting);
  return line;
}

void run(const RunCommand& command, Invocation& invocation) {
  const auto scenarios = load_all(command.flags);
  if (!command.record.empty() && scenarios.size() != 1) {
    throw InputError("--record",
                     fmt::format("records one run, but the files hold {} scenarios", scenarios.size()),
                     "name one scenario, or one cell of a matrix with --set");
  }
  check_writable(command.report);
  check_writable(command.record);
  Outcome worst = Outcome::passed;
  nlohmann::ordered_json reports = nlohmann::ordered_json::array();
  for (const auto& scenario : scenarios) {
    const std::unique_ptr<World> world = make_world(command.flags.backend);
    RunOptions options = options_for(*scenario, command.flags);
    if (command.flags.backend == "sim") options.interrupt = interrupt_by_signals();
    const CaseResult result = run_case(scenario, *world, options);
    fmt::print("{}", text_report(result, invocation.style));
    if (result.run.verdict.outcome != Outcome::passed)
      fmt::print("  repeat: {}\n", repeat_line(result, command.flags));
    worst = worse(worst, result.run.verdict.outcome);
    if (!command.report.empty()) reports.push_back(json_report(result));
    if (!command.record.empty()) write_file(command.record, recording_text(result));
    if (result.run.verdict.outcome == Outcome::interrupted) break;
  }
  if (!command.report.empty()) write_file(command.report, reports.dump(2) + "\n");
  invocation.exit_code = static_cast<int>(worst);
}

}  // namespace

void add_scenario_flags(CLI::App& command, RunFlags& flags, const CLI::Validator& paths) {
  command.add_option("scenario", flags.files, "Scenario files")->check(paths);
  command
      .add_option("--set", flags.settings,
                  "path=value: replace one value of the scenario, e.g. params.micro_batches=8")
      ->take_all()
      ->allow_extra_args(false);
  add_config_flags(command, flags.from);
}

void add_config_flags(CLI::App& command, ConfigSource& from) {
  command.add_option("--from", from.text,
                     "A training configuration instead of a scenario: 'megatron: FLAGS', an AReaL allocation "
                     "(sglang:d4t2+megatron:d2p2t2), or 'deepspeed: FILE FLAGS'");
  command.add_option("--world-size", from.world_size, "Ranks of the world of --from")
      ->check(CLI::Range(1, 16'777'216));
  command.add_option("--ranks-per-node", from.ranks_per_node, "Ranks on a node of --from; default 8")
      ->check(CLI::Range(1, 16'777'216));
}

void add_run_flags(CLI::App& command, RunFlags& flags, const CLI::Validator& paths) {
  add_scenario_flags(command, flags, paths);
  command.add_option("--backend", flags.backend, "World to run on: sim (default), gloo or nccl");
  command
      .add_option_function<std::uint64_t>(
          "--seed",
          [&flags](std::uint64_t seed) {
            flags.seed = seed;
            flags.seed_given = true;
          },
          "Seed of the run; default: the scenario's")
      ->check([](const std::string& text) { return text.starts_with('-') ? "a seed is at least 0" : ""; });
  command.add_option("--payload", flags.payload, "data: buffers hold real numbers; shape: sizes only")
      ->check(CLI::IsMember({"data", "shape"}));
  command
      .add_option("--hosting", flags.hosting,
                  "Simulator only: what a rank's program runs on; the digest is the same")
      ->check(CLI::IsMember({"fiber", "stackless"}));
}

void add_run_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("run", "Run scenarios and report; the exit code is the worst outcome");
  const auto state = std::make_shared<RunCommand>();
  add_run_flags(*command, state->flags);
  command->add_option("--report", state->report,
                      "Also write the report as JSON to this file (- for standard output)");
  command->add_option("--record", state->record, "Write what is needed to replay this run to this file");
  command->callback([state, &invocation] { run(*state, invocation); });
}

}  // namespace gridlock::cli
