#include "nccl_backend/nccl_world.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/base/input_error.h"
#include "launch/process_host.h"
#include "nccl_backend/libraries.h"
#include "nccl_backend/nccl_rank.h"

namespace gridlock {
namespace {

/// Giving back communicators and a context takes NCCL and the driver longer than the launcher waits for
/// others (an abort takes half a second). A rank that hangs inside NCCL is killed after that.
constexpr auto kGpuLeaveTime = std::chrono::seconds(4);

/// Everything that the process of one rank does.
[[noreturn]] void be_rank(RankProcess& process, int device, const RealRun& run, const RunOptions& options,
                          const NcclOptions& nccl, const RankProgram& program, const SiteTable& sites,
                          const HostGroupsFactory& gloo) {
  // NCCL, too, listens on loopback only unless asked; who set the variable has asked.
  const std::string& interface = run.place().interface;
  prefer_variable("NCCL_SOCKET_IFNAME", interface.empty() ? "=lo" : "=" + interface);
  ProcessHost host(process, run.posts());
  const GpuApi api = open_gpu_libraries();
  const HostGroupsPlace place{process.rank(), program.world_size, run.store(), interface,
                              options.real_timeout + std::chrono::minutes(1)};
  NcclRank rank(api, host, program.world_size, options, nccl, sites, gloo ? gloo(place) : nullptr);
  if (rank.connect(device)) {
    try {
      rank.run_program(program);
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
  if (program.thread_max > 0) {
    throw InputError("program.thread_max",
                     "a rank of this world is one process with one thread that makes calls",
                     "programs with several threads run on the simulator");
  }
  if (options.payload == Payload::shape) {
    throw InputError("payload", "the nccl world moves real data and has no shape mode",
                     "use payload \"data\"");
  }
  if (!inventory_) inventory_ = take_gpu_inventory();
  if (place_.start) {
    check_fits(*place_.start, program.world_size);
  } else {
    check_fits(*inventory_, program.world_size);
  }
  const std::optional<int> device =
      place_.start ? std::optional(device_of(*inventory_, place_.start->local_rank)) : std::nullopt;
  run_ = nullptr;
  run_ = std::make_unique<RealRun>(options, program.world_size, sites, place_);
  if (device) claim_gpu(PostBoard(run_->posts()), place_.start->rank, *inventory_, *device, nccl_host_name());
  return run_->run(
      [&](RankProcess& process) {
        be_rank(process, device.value_or(process.rank()), *run_, options, options_, program, sites, gloo_);
      },
      kGpuLeaveTime);
}

}  // namespace gridlock
