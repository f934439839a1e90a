#pragma once

#include <optional>
#include <string_view>

#include "core/world/world.h"
#include "nccl_backend/gpu_inventory.h"
#include "nccl_backend/options.h"

namespace gridlock {

/// N real processes on this machine, forked for each run, each with a GPU of its own, connected by NCCL.
/// Histories are judged by the same rules as the simulator's; what hangs is ended by
/// RunOptions::real_timeout. Captured state of the program is not shared with the caller. Not used: cost,
/// hosting, semantics but for stream_depth_max. Requires of the calling process: no other threads, and that
/// it has not used CUDA.
class NcclWorld final : public World {
 public:
  explicit NcclWorld(NcclOptions options = {}) : options_(options) {}

  std::string_view name() const override { return "nccl"; }
  /// Throws InputError for shape mode, when a library is missing or too old, when there are fewer GPUs than
  /// ranks, and when the processes cannot be started.
  RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) override;

 private:
  NcclOptions options_;
  /// Taken at the first run.
  std::optional<GpuInventory> inventory_;
};

}  // namespace gridlock
