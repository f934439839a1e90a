#include "nccl_backend/nccl_world.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/base/input_error.h"
#include "core/history/intention.h"
#include "launch/launcher.h"
#include "launch/merge.h"
#include "launch/process_host.h"
#include "launch/run_directory.h"
#include "nccl_backend/libraries.h"
#include "nccl_backend/nccl_rank.h"

namespace gridlock {
namespace {

/// Giving back communicators and a context takes NCCL and the driver longer than the launcher waits for
/// others (an abort takes half a second). A rank that hangs inside NCCL is killed after that.
constexpr auto kGpuLeaveTime = std::chrono::seconds(4);

void run_program(const RankProgram& program, NcclRank& rank) {
  if (program.main != nullptr) return program.main(rank);
  const std::unique_ptr<StepMachine> machine = program.machine(rank.id());
  if (host_machine(rank, *machine)) return;
  const std::size_t max = intended_calls_max(rank.world_size());
  rank.record_intended(machine->intended_calls(rank, max + 1), max);
}

/// Everything that the process of one rank does.
[[noreturn]] void be_rank(RankProcess& process, const std::string& folder, const RunOptions& options,
                          const NcclOptions& nccl, const RankProgram& program, const SiteTable& sites) {
  ProcessHost host(process, folder);
  const GpuApi api = open_gpu_libraries();
  NcclRank rank(api, host, program.world_size, options, nccl, sites);
  if (rank.connect(process.rank())) {
    try {
      run_program(program, rank);
    } catch (const std::exception& error) {
      process.crash(error.what());
    } catch (...) {
      process.crash("an exception that is no std::exception");
    }
  }
  rank.end_program();
  rank.finish();
  process.finish();
}

}  // namespace

RunResult NcclWorld::run(const RunOptions& options, const RankProgram& program, SiteTable sites) {
  GRIDLOCK_CHECK((program.main != nullptr) != (program.machine != nullptr));
  if (options.payload == Payload::shape) {
    throw InputError("payload", "the nccl world moves real data and has no shape mode",
                     "use payload \"data\"");
  }
  if (!inventory_) inventory_ = take_gpu_inventory();
  check_fits(*inventory_, program.world_size);
  const RunDirectory directory;
  const std::string board = directory.make_folder("board");
  std::vector<std::unique_ptr<SharedLog>> logs;
  for (RankId rank = 0; rank < program.world_size; ++rank) {
    logs.push_back(std::make_unique<SharedLog>(fmt::format("{}/rank-{}.log", directory.path(), rank)));
  }
  const LaunchResult launched = launch(
      logs, options.real_timeout,
      [&](RankProcess& process) { be_rank(process, board, options, options_, program, sites); },
      kGpuLeaveTime);

  RunResult result;
  MergedRun merged = merge_logs(logs, launched.states, std::move(sites));
  result.end = launched.end;
  result.error = launched.error;
  result.request_count = launched.request_count;
  result.verdict = judge(*merged.histories, result.end, merged.complaints);
  result.histories = std::move(merged.histories);
  result.complaints = std::move(merged.complaints);
  return result;
}

}  // namespace gridlock
