#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>

#include "harness/read/json_document.h"
#include "harness/read/scenario_reader.h"
#include "harness/run/runner.h"
#include "harness/run/scenario_program.h"
#include "sim/sim_world.h"

namespace gridlock {
namespace {

const std::string kBench = GRIDLOCK_SOURCE_DIR "/bench/";

std::shared_ptr<const Scenario> scenario_of(const std::string& file, std::vector<Setting> settings = {}) {
  return std::make_shared<const Scenario>(load_scenarios(kBench + file, settings).front());
}

// A new world for every run of a scenario that was read before: what a property test over small grids pays.
void small8(benchmark::State& state) {
  const auto program = std::make_shared<const ScenarioProgram>(scenario_of("small8.json"));
  SimWorld world;
  for (auto _ : state) {
    const RunOptions& options = program->scenario().options;
    benchmark::DoNotOptimize(world.run(options, make_rank_program(program), program->sites()).digest);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(small8)->Unit(benchmark::kMicrosecond);

// A stall of one rank, run and judged. Argument: data-parallel size of a world of 512 times as many ranks.
void diagnose_a_stall(benchmark::State& state) {
  const auto scenario = scenario_of("stall.json", {{"params.data", std::to_string(state.range(0))}});
  SimWorld world;
  for (auto _ : state) benchmark::DoNotOptimize(run_case(scenario, world, scenario->options).unmet.size());
  state.SetItemsProcessed(state.iterations() * scenario->world_size);
}
BENCHMARK(diagnose_a_stall)->Arg(2)->Arg(32)->Unit(benchmark::kMillisecond);

// Text to tree, with positions.
void parse_a_scenario(benchmark::State& state) {
  std::ifstream file(kBench + "step.json");
  std::stringstream text;
  text << file.rdbuf();
  for (auto _ : state) benchmark::DoNotOptimize(parse_json(text.str(), "step.json").is_object());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.str().size()));
}
BENCHMARK(parse_a_scenario);

// File to scenario: schema, workloads, plans. The argument is the size of the world, on which it must not
// depend.
void load_a_scenario(benchmark::State& state) {
  const std::vector<Setting> settings = {{"params.data", std::to_string(state.range(0))}};
  for (auto _ : state) benchmark::DoNotOptimize(load_scenarios(kBench + "step.json", settings).size());
}
BENCHMARK(load_a_scenario)->Arg(2)->Arg(2048)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gridlock
