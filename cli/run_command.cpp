#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/policy_flags.h"
#include "core/base/input_error.h"
#include "harness/histories/flight_writer.h"
#include "harness/histories/history_writer.h"
#include "harness/report/recording.h"
#include "harness/run/runner.h"

namespace gridlock::cli {
namespace {

struct RunCommand {
  RunFlags flags;
  PolicyFlags policy;
  std::string report;
  std::string record;
  std::string history;
  std::string flight_recorder;
};

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw InputError(path, "cannot make this folder: " + error.message());
}

/// What the flight recorders of the ranks would have held, in both forms in which torch writes it.
void write_flight_dumps(const std::string& folder, const Histories& histories) {
  make_folder(folder);
  for (std::size_t rank = 0; rank < histories.ranks.size(); ++rank) {
    if (histories.ranks[rank].state == HostState::unknown) continue;
    const std::string name = (std::filesystem::path(folder) / fmt::format("rank{}", rank)).string();
    const auto id = static_cast<RankId>(rank);
    write_file(name + ".json", flight_dump_bytes(histories, id, FlightFormat::json));
    write_file(name + ".pickle", flight_dump_bytes(histories, id, FlightFormat::pickle));
  }
}

/// One file for the run, or, for a folder, one for each rank.
void write_history(const std::string& path, const RunResult& run) {
  HistoryWriter writer(*run.histories, run.end, run.complaints);
  const bool is_folder = path.ends_with('/') || std::filesystem::is_directory(path);
  if (!is_folder) return write_file(path, writer.run_text());
  make_folder(path);
  for (std::size_t rank = 0; rank < run.histories->ranks.size(); ++rank) {
    const std::filesystem::path file = std::filesystem::path(path) / fmt::format("rank{}.jsonl", rank);
    if (run.histories->ranks[rank].state != HostState::unknown)
      write_file(file.string(), writer.rank_text(static_cast<RankId>(rank)));
  }
}

std::string repeat_line(const CaseResult& result, const RunFlags& flags) {
  std::string line = fmt::format("gridlock run {} --seed {}", scenario_words(result.scenario->file, flags),
                                 result.options.seed);
  for (const std::string& setting : flags.settings) line += fmt::format(" --set {}", shell_quoted(setting));
  if (flags.backend != "sim") line += fmt::format(" --backend {}", flags.backend);
  if (!flags.store.empty()) line += fmt::format(" --store {}", shell_quoted(flags.store));
  if (!flags.interface.empty()) line += fmt::format(" --interface {}", shell_quoted(flags.interface));
  if (!flags.payload.empty()) line += fmt::format(" --payload {}", flags.payload);
  if (!flags.hosting.empty()) line += fmt::format(" --hosting {}", flags.hosting);
  return line;
}

void run(const RunCommand& command, Invocation& invocation) {
  const WarningPolicy policy = policy_of(command.policy);
  const auto scenarios = load_all(command.flags);
  for (const auto& [option, value] :
       {std::pair{"--record", &command.record}, std::pair{"--history", &command.history},
        std::pair{"--flight-recorder", &command.flight_recorder}}) {
    if (value->empty() || scenarios.size() == 1) continue;
    throw InputError(option,
                     fmt::format("records one run, but the files hold {} scenarios", scenarios.size()),
                     "name one scenario, or one cell of a matrix with --set");
  }
  check_apart({command.report, command.record, command.history}, command.flags.files);
  check_writable(command.report);
  check_writable(command.record);
  Outcome worst = Outcome::passed;
  nlohmann::ordered_json reports = nlohmann::ordered_json::array();
  std::size_t run_number = 0;
  std::set<std::size_t> accepted;
  for (const auto& scenario : scenarios) {
    const RealPlace place = place_for(command.flags, run_number++);
    const std::unique_ptr<World> world = make_world(command.flags.backend, place);
    RunOptions options = options_for(*scenario, command.flags);
    if (command.flags.backend == "sim") options.interrupt = interrupt_by_signals();
    const std::unique_ptr<World> simulator = make_simulator_beside(command.flags.backend);
    const CaseResult result = run_case(scenario, *world, options, simulator.get());
    keep_reports();
    worst = worse(worst, result.run.verdict.outcome);
    const PolicyFindings findings =
        apply_policy(policy, scenario->name, result.run.verdict, scenario->expect.warnings);
    accepted.insert(findings.accepted.begin(), findings.accepted.end());
    if (!findings.failing.empty()) worst = worse(worst, Outcome::expectation_failed);
    // All ranks come to the same verdict; one of them tells it.
    if (!place.start || place.start->rank == 0) {
      fmt::print("{}", text_report(result, invocation.style));
      if (!findings.failing.empty()) fmt::print("  {}\n", failing_text(findings.failing));
      if (result.run.verdict.outcome != Outcome::passed)
        fmt::print("  repeat: {}\n", repeat_line(result, command.flags));
      // The other ranks leave when the world goes, and their launcher may then end this process.
      std::fflush(stdout);
      if (!command.report.empty()) reports.push_back(json_report(result));
      if (!command.record.empty()) write_file(command.record, recording_text(result));
      if (!command.history.empty()) write_history(command.history, result.run);
      if (!command.flight_recorder.empty())
        write_flight_dumps(command.flight_recorder, *result.run.histories);
    }
    if (result.run.verdict.outcome == Outcome::interrupted) break;
  }
  if (!reports.empty()) write_file(command.report, reports.dump(2) + "\n");
  tell_unseen(policy, accepted);
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
      ->check([](const std::string& text) {
        std::uint64_t seed = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
        const bool is_seed = error == std::errc() && end == text.data() + text.size();
        return is_seed ? "" : "a seed is an integer from 0 to 18446744073709551615";
      });
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
  add_policy_flags(*command, state->policy);
  command->add_option("--report", state->report,
                      "Also write the report as JSON to this file (- for standard output)");
  command->add_option("--store", state->flags.store,
                      "file:FOLDER that all ranks share, when torchrun, mpirun or srun starts this once per "
                      "rank");
  command->add_option("--interface", state->flags.interface,
                      "Real backends: the network interface to listen on; default: loopback");
  command->add_option("--record", state->record, "Write what is needed to replay this run to this file");
  command->add_option(
      "--history", state->history,
      "Write what every rank did to this file, or to one file per rank in this folder (DIR/), "
      "for gridlock diagnose");
  command->add_option(
      "--flight-recorder", state->flight_recorder,
      "Write what PyTorch's flight recorder would have held to rankN.json and rankN.pickle in this folder");
  command->callback([state, &invocation] { run(*state, invocation); });
}

}  // namespace gridlock::cli
