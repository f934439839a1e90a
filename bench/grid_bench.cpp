#include <benchmark/benchmark.h>

#include <memory>

#include "core/grid/group_registry.h"
#include "core/grid/parallel_grid.h"

namespace gridlock {
namespace {

std::shared_ptr<const Plan> plan_of(RankId pipe, RankId data, RankId tensor) {
  const RankId world = pipe * data * tensor;
  GridSpec spec{.topology = ProcessTopology({"pipe", "data", "tensor"}, {pipe, data, tensor}),
                .recipe = areal_recipe(),
                .mapping = RankMapping::identity(world)};
  return std::make_shared<const Plan>(std::move(spec), world);
}

// One rank's grid with all its own groups, at the data-parallel size in the argument (pipe 64, tensor 8).
void one_ranks_grid(benchmark::State& state) {
  const auto plan = plan_of(64, static_cast<RankId>(state.range(0)), 8);
  RankId rank = 0;
  for (auto _ : state) {
    const ParallelGrid grid(plan, rank);
    benchmark::DoNotOptimize(grid.get_model_parallel_group());
    benchmark::DoNotOptimize(grid.get_data_parallel_group());
    benchmark::DoNotOptimize(grid.get_pipe_parallel_group());
    benchmark::DoNotOptimize(grid.get_tensor_model_parallel_group());
    rank = (rank + 1) % plan->topology().world_size();
  }
}
BENCHMARK(one_ranks_grid)->Arg(2)->Arg(64)->Arg(2048);

// All requests of a grid answered by an empty registry: what a world does once for all ranks that behave
// alike.
void resolve_plan(benchmark::State& state) {
  const auto plan = plan_of(16, static_cast<RankId>(state.range(0)), 8);
  for (auto _ : state) {
    GroupRegistry registry;
    benchmark::DoNotOptimize(registry.resolve(*plan));
  }
  state.SetItemsProcessed(state.iterations() * plan->request_count());
}
BENCHMARK(resolve_plan)->Arg(2)->Arg(128);

}  // namespace
}  // namespace gridlock
