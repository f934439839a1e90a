#include "tests/nccl_stand_in/stand_in_world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/diagnosis/silent_calls.h"
#include "launch/merge.h"
#include "launch/run_directory.h"
#include "nccl_backend/nccl_rank.h"
#include "sim/sim_world.h"
#include "tests/nccl_stand_in/stand_in_host.h"

namespace gridlock {
namespace {

void be_rank(Rank& simulated, StandInRun& run, StandInMachine& machine, const RunOptions& options,
             const NcclOptions& nccl, const RankProgram& program, const SiteTable& sites,
             std::unique_ptr<HostGroups> gloo) {
  StandInHost host(simulated, run, machine);
  const GpuApi api = machine.api(host.rank(), [&] {
    host.pause(0);
    return !host.ended();
  });
  NcclRank rank(api, host, program.world_size, options, nccl, sites, std::move(gloo));
  if (rank.connect(host.rank())) rank.run_program(program);
  rank.end_program();
  rank.finish();
}

/// What launch() says of a run that went so.
void conclude(const StandInRun& run, std::vector<FinalState>& states, RunResult& result) {
  bool limit = false;
  bool lost = false;
  bool backend = false;
  bool returned = true;
  for (std::size_t rank = 0; rank < run.stands.size(); ++rank) {
    const auto& [state, trouble, text] = run.stands[rank];
    states.push_back({state});
    returned = returned && state == HostState::returned;
    lost = lost || state == HostState::exited || trouble == Trouble::unlike_calls;
    limit = limit || trouble == Trouble::log_full || trouble == Trouble::step_limit;
    backend = backend || trouble == Trouble::backend_error || trouble == Trouble::peer_lost;
    if (trouble == Trouble::none) continue;
    result.error += fmt::format("{}rank {}: {}", result.error.empty() ? "" : "\n", rank, text);
  }
  result.end = returned ? RunEnd::returned : RunEnd::quiescent;
  if (limit) result.end = RunEnd::step_limit;
  if (backend && !lost && !limit) result.end = RunEnd::backend_error;
}

}  // namespace

RunResult StandInWorld::run(const RunOptions& options, const RankProgram& program, SiteTable sites) {
  const RunDirectory directory;
  machine_ = std::make_unique<StandInMachine>(program.world_size, options_);
  StandInRun run;
  run.deadline = options.real_timeout;
  run.exited.resize(static_cast<std::size_t>(program.world_size));
  for (RankId rank = 0; rank < program.world_size; ++rank) {
    run.logs.push_back(std::make_unique<SharedLog>(fmt::format("{}/rank-{}.log", directory.path(), rank)));
  }
  RunOptions simulation;
  simulation.seed = options.seed;
  simulation.fiber_stack_bytes = 512 << 10;
  const std::string store = directory.make_folder("store");
  simulate(simulation, program.world_size, [&](Rank& simulated) {
    const HostGroupsPlace place{simulated.id(), program.world_size, store, "", std::chrono::seconds(30)};
    be_rank(simulated, run, *machine_, options, nccl_, program, sites, gloo_ ? gloo_(place) : nullptr);
  });

  RunResult result;
  std::vector<FinalState> states;
  conclude(run, states, result);
  MergedRun merged = merge_logs(run.logs, states, std::move(sites));
  note_silent_calls(*merged.histories);
  result.request_count = run.requests;
  result.verdict = judge(*merged.histories, result.end, merged.complaints);
  result.histories = std::move(merged.histories);
  result.complaints = std::move(merged.complaints);
  return result;
}

}  // namespace gridlock
