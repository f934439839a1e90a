#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/world/host_groups.h"
#include "core/world/world.h"
#include "launch/real_run.h"
#include "nccl_backend/gpu_inventory.h"
#include "nccl_backend/options.h"

namespace gridlock {

/// N real processes, each with a GPU of its own, connected by NCCL: forked for each run on this machine, or
/// one of them in a process that somebody else's launcher started (see RealRun).
/// Histories are judged by the same rules as the simulator's; what hangs is ended by
/// RunOptions::real_timeout. Captured state of the program is not shared with the caller. Not used: cost,
/// hosting, semantics but for stream_depth_max. Requires of the calling process: no other threads, and that
/// it has not used CUDA.
class NcclWorld final : public World {
 public:
  /// `gloo` moves the data of groups of gloo; without it their calls fail.
  explicit NcclWorld(NcclOptions options = {}, RealPlace place = {}, HostGroupsFactory gloo = nullptr)
      : options_(options), place_(std::move(place)), gloo_(std::move(gloo)) {}

  std::string_view name() const override { return "nccl"; }
  /// Throws InputError for shape mode, when a library is missing or too old, when there are fewer GPUs than
  /// ranks, when two ranks would use one GPU, and when the processes cannot be started. The files of a run
  /// stay until the next run or the end of this.
  RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) override;

 private:
  NcclOptions options_;
  RealPlace place_;
  HostGroupsFactory gloo_;
  std::unique_ptr<RealRun> run_;
  /// Taken at the first run.
  std::optional<GpuInventory> inventory_;
};

}  // namespace gridlock
