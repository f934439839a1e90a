#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/commands.h"
#include "core/base/input_error.h"
#include "harness/read/scenario_reader.h"
#include "harness/report/report.h"
#include "harness/run/runner.h"
#include "nccl_backend/gpu_inventory.h"
#include "sim/stack_arena.h"

namespace gridlock::cli {
namespace {

/// Small enough for any machine, and through everything a world has: rendezvous, a group, data, a history.
constexpr const char* kProbe = R"({ "world": { "ranks": 2 }, "programs": [ { "ranks": "all", "steps": [
  { "new_group": { "name": "pair", "ranks": [0, 1] } },
  { "all_reduce": { "group": "pair", "count": 1024, "dtype": "float32" } },
  { "barrier": { "group": "world" } } ] } ] })";

struct Finding {
  bool works = false;
  /// Not there is no fault: a machine without a GPU has no nccl.
  bool is_there = true;
  std::string text;
};

std::string refusal_text(const InputError& error) {
  return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
}

Finding try_world(const std::string& backend) {
  const auto scenario = std::make_shared<const Scenario>(read_scenario(parse_json(kProbe, "doctor"), {}));
  const std::unique_ptr<World> world = make_world(backend);
  const auto start = std::chrono::steady_clock::now();
  try {
    const CaseResult result = run_case(scenario, *world, scenario->options);
    const auto took = std::chrono::duration_cast<Nanos>(std::chrono::steady_clock::now() - start);
    if (result.held())
      return {true, true, fmt::format("2 ranks ran a checked all_reduce in {}", duration_text(took))};
    return {false, true, text_report(result, {})};
  } catch (const InputError& error) {
    return {false, false, refusal_text(error)};
  }
}

std::string first_line(const std::string& path, const std::string& prefix) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(prefix)) return line.substr(prefix.size());
  }
  return "unknown";
}

std::string guard_text() {
  switch (sim::StackArena(1, 1).guard()) {
    case sim::StackArena::Guard::light:
      return "guarded at any size of the world (MADV_GUARD_INSTALL)";
    case sim::StackArena::Guard::mprotect:
      return fmt::format("guarded up to {} ranks (mprotect; Linux 6.13 guards more)",
                         sim::StackArena::kProtectedMax);
    case sim::StackArena::Guard::none:
      return "not guarded";
  }
  return "";
}

std::string gpus_text(const GpuInventory& inventory) {
  const bool is_composed = inventory.nccl_version < kNcclVersionOfAllOperations;
  return to_string(inventory) +
         (is_composed ? "; all_to_all, gather and scatter are composed of send and recv" : "");
}

Finding look_at_gpus() {
  try {
    const GpuInventory inventory = take_gpu_inventory();
    const std::string has = gpus_text(inventory);
    if (inventory.gpus.size() < 2) return {true, true, has + "; too few GPUs for the check with 2 ranks"};
    Finding run = try_world("nccl");
    run.text = has + "; " + run.text;
    return run;
  } catch (const InputError& error) {
    return {false, false, refusal_text(error)};
  }
}

bool tell(const std::string& name, const Finding& finding) {
  const char* word = finding.works ? "works" : finding.is_there ? "FAILS" : "not here";
  fmt::print("{:<6} {:<9} {}\n", name, word, finding.text);
  return finding.works || !finding.is_there;
}

void run(Invocation& invocation) {
  bool well = tell("sim", try_world("sim"));
  fmt::print("                 memory to use: {}; stacks of ranks on fibers are {}\n",
             first_line("/proc/meminfo", "MemAvailable:"), guard_text());
  well = tell("gloo", try_world("gloo")) && well;
  std::error_code unknown;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(unknown);
  fmt::print("                 run folders go to {}, {} MiB free\n", folder.string(),
             std::filesystem::space(folder, unknown).available >> 20U);
  well = tell("nccl", look_at_gpus()) && well;
  if (!well) invocation.exit_code = static_cast<int>(Outcome::backend_error);
}

}  // namespace

void add_doctor_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "doctor",
      "Say which worlds work on this machine, each by a small run; exit 0 unless one that is here fails");
  command->callback([&invocation] { run(invocation); });
}

}  // namespace gridlock::cli
