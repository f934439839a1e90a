#include <benchmark/benchmark.h>

#include "sim/sim_world.h"

namespace gridlock {
namespace {

/// 50 small all_reduces on the group of all ranks.
class FiftyCalls final : public StepMachine {
 public:
  Request next(RankContext& /*rank*/, const Reply& /*last*/) override {
    Request request;
    if (done_ == 100) return request;
    request.kind = done_ % 2 == 0 ? RequestKind::submit : RequestKind::wait;
    if (done_ % 2 == 0) {
      call_.kind = CallKind::all_reduce;
      call_.count = 8;
      request.calls = std::span<const Call>(&call_, 1);
    } else {
      request.ticket = static_cast<Ticket>(done_ / 2);
    }
    ++done_;
    return request;
  }

 private:
  Call call_;
  int done_ = 0;
};

// A new world each time, judged at its end. Argument: ranks.
void world_of_fifty_calls(benchmark::State& state) {
  RunOptions options;
  options.payload = Payload::shape;
  RankProgram program;
  program.world_size = static_cast<RankId>(state.range(0));
  program.machine = [](RankId) { return std::make_unique<FiftyCalls>(); };
  for (auto _ : state) benchmark::DoNotOptimize(simulate(options, program).digest);
  state.SetItemsProcessed(state.iterations() * state.range(0) * 50);
}
BENCHMARK(world_of_fifty_calls)->Arg(8)->Arg(1024)->Arg(16384)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gridlock
