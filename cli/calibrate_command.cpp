#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "cli/calibration.h"
#include "cli/commands.h"
#include "core/base/input_error.h"
#include "harness/read/profile_reader.h"
#include "harness/report/report.h"
#include "nccl_backend/nccl_world.h"
#include "sim/cost_model.h"

namespace gridlock::cli {
namespace {

struct CalibrateCommand {
  std::string backend = "nccl";
  int ranks = 2;
  std::int64_t bytes_max = 256 << 20U;
  std::string name = "measured";
  std::string description;
  std::string out;
  std::string compare;
};

/// A file of this process that is gone when the command ends, however it ends.
class ScratchFile {
 public:
  ScratchFile()
      : path_(std::filesystem::temp_directory_path() / fmt::format("gridlock-calibrate-{}", ::getpid())) {}
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Without the copies and hashes of outputs that comparing runs needs: they take longer than the calls.
std::unique_ptr<World> measuring_world(const std::string& backend) {
  if (backend == "nccl") return std::make_unique<NcclWorld>(NcclOptions{.keep_results = false});
  return make_world(backend);
}

void print_table(const CostProfile& measured, const CostProfile* other) {
  CostParameters predicted;
  if (other != nullptr) predicted.profile = std::make_shared<const CostProfile>(*other);
  fmt::print(
      "| operation | ranks | bytes | measured us | {} us | predicted / measured "
      "|\n|---|---|---|---|---|---|\n",
      other != nullptr ? other->name : "default");
  for (const CostCurve& curve : measured.curves) {
    for (const CostPoint& point : curve.points) {
      const double time = static_cast<double>(point.time.count()) / 1000;
      const Nanos cost = sim::operation_cost(predicted, curve.kind, curve.ranks, point.bytes);
      const double expected = static_cast<double>(cost.count()) / 1000;
      fmt::print("| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} |\n", call_kind_name(curve.kind), curve.ranks,
                 point.bytes, time, expected, expected / time);
    }
  }
}

void run(const CalibrateCommand& command, Invocation& invocation) {
  if (command.backend == "sim") {
    throw InputError("--backend", "the simulator has no times to measure", "gloo or nccl");
  }
  check_writable(command.out);
  std::shared_ptr<const CostProfile> compare;
  if (!command.compare.empty()) compare = load_profile(command.compare, "");
  const ScratchFile scratch;
  const CalibrationPlan plan = calibration_plan(command.ranks, command.bytes_max, scratch.path());
  const std::unique_ptr<World> world = measuring_world(command.backend);
  const RunResult result = world->run({}, calibration_program(plan), {});
  if (result.verdict.outcome != Outcome::passed) {
    fmt::print(stderr, "the measuring run ended as {}: {}\n", outcome_name(result.verdict.outcome),
               result.error);
    invocation.exit_code = static_cast<int>(result.verdict.outcome);
    return;
  }
  const CostProfile measured = read_calibration(plan, command.name);
  print_table(measured, compare.get());
  if (!command.out.empty()) write_file(command.out, profile_text(measured, command.description));
}

}  // namespace

void add_calibrate_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "calibrate", "Measure what operations cost on real ranks, compare with a profile, and write a profile");
  const auto state = std::make_shared<CalibrateCommand>();
  command->add_option("--backend", state->backend, "nccl (default) or gloo");
  command->add_option("--ranks", state->ranks, "Ranks; nccl takes one GPU for each (default 2)")
      ->check(CLI::Range(2, 1024));
  command->add_option("--bytes-max", state->bytes_max, "Largest message in bytes (default 268435456)")
      ->check(CLI::Range(std::int64_t{4}, std::int64_t{1} << 34U));
  command->add_option("--name", state->name, "Name of the profile");
  command->add_option("--description", state->description, "What was measured: hardware, versions, date");
  command->add_option("--output,-o", state->out, "Write the profile to this file (- for standard output)");
  command->add_option("--compare", state->compare, "A profile whose times stand beside the measured ones");
  command->callback([state, &invocation] { run(*state, invocation); });
}

}  // namespace gridlock::cli
