// A C++ program of ten calls on every rank, each on a fiber of its own: creates a grid and reduces ten times
// in its tensor group. bench.py measures the process.
//   gridlock_ten_calls PIPE DATA TENSOR
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "sim/sim_world.h"

int main(int argc, char** argv) {
  using namespace gridlock;
  if (argc != 4) {
    fmt::print(stderr, "usage: gridlock_ten_calls PIPE DATA TENSOR\n");
    return 2;
  }
  const auto size = [argv](int place) { return static_cast<RankId>(std::atoi(argv[place])); };
  const RankId world_size = size(1) * size(2) * size(3);
  const auto plan = std::make_shared<const Plan>(GridSpec{pipe_data_tensor({size(1), size(2), size(3)}),
                                                          areal_recipe(), RankMapping::identity(world_size)},
                                                 world_size);
  RunOptions options;
  options.payload = Payload::shape;
  const RunResult result = simulate(options, world_size, [&plan](Rank& rank) {
    const GridHandle grid = rank.create_grid(plan).grid;
    Call call;
    call.kind = CallKind::all_reduce;
    call.count = 8;
    call.group = rank.groups().family(grid, "tensor");
    for (int i = 0; i < 10; ++i) rank.run(call);
  });
  fmt::print("{}, {} requests\n", outcome_name(result.verdict.outcome), result.request_count);
  return result.verdict.outcome == Outcome::passed ? 0 : 1;
}
