#include <fmt/format.h>

#include <memory>
#include <vector>

#include "cli/commands.h"
#include "core/base/input_error.h"
#include "core/grid/parallel_grid.h"
#include "core/grid/plan.h"
#include "core/mpu/accessor_report.h"
#include "core/mpu/dump_check.h"
#include "harness/mpu/contract_reader.h"
#include "harness/mpu/dump_reader.h"
#include "harness/report/dump_check_report.h"

namespace gridlock::cli {
namespace {

struct AccessorsCommand {
  RunFlags scenarios;
  std::vector<std::string> dumps;
  std::string contract;
  std::string axes;
  std::vector<std::string> subsystems;
  std::string format = "text";
};

AccessorReport report_of(const Scenario& scenario, const ScenarioGrid& grid) {
  std::vector<std::unique_ptr<Mpu>> mpus;
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    mpus.push_back(std::make_unique<ParallelGrid>(grid.plan, rank));
  }
  return make_accessor_report(mpus);
}

void report_scenarios(const RunFlags& flags, Invocation& invocation) {
  for (const auto& scenario : load_all(flags)) {
    for (const ScenarioGrid& grid : scenario->grids) {
      const AccessorReport report = report_of(*scenario, grid);
      fmt::print("{}, grid {}\n{}", scenario->name, grid.name, to_text(report));
      if (!report.consistent()) invocation.exit_code = static_cast<int>(Outcome::mismatch);
    }
  }
}

void check_dump_files(const AccessorsCommand& command, Invocation& invocation) {
  if (!command.scenarios.files.empty())
    throw InputError(command.scenarios.files.front(), "--check takes dumps, not scenarios");
  const MpuContract contract = load_contract(command.contract);
  const AxisSizes given = command.axes.empty() ? AxisSizes() : parse_axes(command.axes);
  const DumpSet set = read_dumps(command.dumps);
  const DumpCheck check =
      check_dumps(set.dumps, contract, given.empty() ? set.axes : given, command.subsystems);
  if (command.format == "json") {
    fmt::print("{}\n",
               json_report(check, set.object).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}, {}", set.object, to_text(check, set.other_names));
  }
  if (!check.passed()) invocation.exit_code = static_cast<int>(Outcome::mismatch);
}

}  // namespace

void add_accessors_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "accessors",
      "Show what DeepSpeed reads from the grids of a scenario, or check dumps of a Python mpu; exit 3 when "
      "something does not hold");
  const auto state = std::make_shared<AccessorsCommand>();
  add_scenario_flags(*command, state->scenarios);
  CLI::Option* check =
      command
          ->add_option("--check", state->dumps,
                       "Dumps of a Python mpu (tools/dump_mpu.py): files of one world, or folders of them")
          ->check(CLI::ExistingPath);
  CLI::Option* contract =
      command->add_option("--contract", state->contract,
                          fmt::format("With --check: the version of DeepSpeed that reads the mpu: {}",
                                      fmt::join(contract_names(), ", ")));
  check->needs(contract);
  contract->needs(check);
  command->add_option("--axes", state->axes, "With --check: the sizes, slowest first: pipe=2,data=2,tensor=2")
      ->needs(check);
  command
      ->add_option(
          "--subsystem", state->subsystems,
          "With --check: only gaps of this part of DeepSpeed, and of what every engine reads; repeatable")
      ->needs(check);
  command->add_option("--format", state->format, "With --check: text (default) or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->needs(check);
  command->callback([state, &invocation] {
    if (state->dumps.empty()) {
      report_scenarios(state->scenarios, invocation);
    } else {
      check_dump_files(*state, invocation);
    }
  });
}

}  // namespace gridlock::cli
