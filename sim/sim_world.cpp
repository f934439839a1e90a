#include "sim/sim_world.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "core/base/input_error.h"
#include "sim/engine.h"

namespace gridlock {
namespace {

/// From so many ranks on it pays to run ahead: in the order of time, what a rank needs has left the caches
/// when all others have had their turn. In smaller worlds the ranks side by side are the quicker order
/// (measured).
constexpr RankId kAheadMin = 8'192;

void require_at_least(const char* place, std::int64_t value, std::int64_t least) {
  if (value >= least) return;
  throw InputError(place, "expected at least " + std::to_string(least) + ", got " + std::to_string(value));
}

void check(const RunOptions& options, const RankProgram& program) {
  require_at_least("world_size", program.world_size, 1);
  require_at_least("thread_max", program.thread_max, 0);
  constexpr std::int64_t kHostMax = std::numeric_limits<std::int32_t>::max();
  if (std::int64_t{program.world_size} * (1 + std::int64_t{program.thread_max}) > kHostMax)
    throw InputError("thread_max", "that many threads on every rank are more than can be numbered");
  require_at_least("step_max", options.step_max, 1);
  for (const SemanticsKnob& knob : all_knobs()) {
    const std::string place = "semantics." + std::string(knob.name);
    require_at_least(place.c_str(), knob.get(options.semantics), knob.min);
  }
  for (const Fault& fault : options.faults) {
    require_at_least("faults.factor", fault.factor, 1);
    require_at_least("faults.at.time", fault.at.time.count(), 0);
    require_at_least("faults.at.call", fault.at.call, 1);
    require_at_least("faults.duration", fault.duration.count(), 0);
    const auto in_world = [&](RankId rank) { return rank >= 0 && rank < program.world_size; };
    for (const RankSet* ranks : {&fault.ranks, &fault.peers}) {
      const std::vector<RankId> list = ranks->to_vector();
      if (!std::all_of(list.begin(), list.end(), in_world))
        throw InputError("faults.ranks", "expected ranks of the world, got " + ranks->to_string());
    }
  }
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
  sim::Engine engine(options, program, std::move(sites));
  // Programs with a main can tell each other things past the world, in memory, and expect them in the order
  // of time.
  if (program.main || program.world_size < kAheadMin) engine.keep_time_order();
  return engine.run();
}

RunResult simulate(const RunOptions& options, const RankProgram& program) {
  return SimWorld().run(options, program, {});
}

RunResult simulate(const RunOptions& options, RankId world_size, std::function<void(Rank&)> main) {
  return simulate(options, {world_size, std::move(main), nullptr});
}

}  // namespace gridlock
