#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/world/host_groups.h"
#include "core/world/world.h"
#include "nccl_backend/options.h"
#include "tests/nccl_stand_in/stand_in_machine.h"

namespace gridlock {

/// The real code of GPU ranks on simulated ranks: each simulated rank is the host of an NcclRank whose
/// libraries are those of a StandInMachine. Everything of a GPU world but the processes.
class StandInWorld final : public World {
 public:
  explicit StandInWorld(StandInOptions machine = {}, NcclOptions nccl = {}, HostGroupsFactory gloo = nullptr)
      : options_(machine), nccl_(nccl), gloo_(std::move(gloo)) {}

  std::string_view name() const override { return "nccl"; }
  /// real_timeout is virtual time here.
  RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) override;

  /// The machine of the last run.
  const StandInMachine& machine() const { return *machine_; }

 private:
  StandInOptions options_;
  NcclOptions nccl_;
  HostGroupsFactory gloo_;
  std::unique_ptr<StandInMachine> machine_;
};

}  // namespace gridlock
