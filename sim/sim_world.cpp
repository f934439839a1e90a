#include "sim/sim_world.h"

#include <string>
#include <utility>

#include "core/base/input_error.h"
#include "sim/engine.h"

namespace gridlock {
namespace {

void require_at_least(const char* place, std::int64_t value, std::int64_t least) {
  if (value >= least) return;
  throw InputError(place, "expected at least " + std::to_string(least) + ", got " + std::to_string(value));
}

void check(const RunOptions& options, const RankProgram& program) {
  require_at_least("world_size", program.world_size, 1);
  require_at_least("step_max", options.step_max, 1);
  require_at_least("semantics.stream_depth_max", options.semantics.stream_depth_max, 1);
  require_at_least("semantics.send_capacity_bytes", options.semantics.send_capacity_bytes, 0);
  require_at_least("cost.latency", options.cost.latency.count(), 0);
  require_at_least("cost.bytes_per_us", options.cost.bytes_per_us, 1);
  require_at_least("fiber_stack_bytes", options.fiber_stack_bytes, 0);
  if (static_cast<bool>(program.main) == static_cast<bool>(program.machine)) {
    throw InputError("program", program.main ? "expected either main or machine, got both"
                                             : "expected main or machine, got neither");
  }
}

}  // namespace

RunResult SimWorld::run(const RunOptions& options, const RankProgram& program, SiteTable sites) {
  check(options, program);
  return sim::Engine(options, program, std::move(sites)).run();
}

RunResult simulate(const RunOptions& options, const RankProgram& program) {
  return SimWorld().run(options, program, {});
}

RunResult simulate(const RunOptions& options, RankId world_size, std::function<void(Rank&)> main) {
  return simulate(options, {world_size, std::move(main), nullptr});
}

}  // namespace gridlock
