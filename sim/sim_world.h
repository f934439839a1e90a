#pragma once

#include <memory>

#include "core/world/world.h"

namespace gridlock {

/// The deterministic world: all ranks in one process and one thread, in virtual time. A run depends on
/// options and program alone. A rank's program may run a world of its own.
class SimWorld final : public World {
 public:
  std::string_view name() const override { return "sim"; }
  /// Throws InputError for a program without ranks or with not exactly one of main and machine, for bounds
  /// and costs that are not positive, and when there is no address space for the stacks.
  RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) override;
};

/// SimWorld::run for a program without named places.
RunResult simulate(const RunOptions& options, const RankProgram& program);
/// Runs a C++ function once for every rank.
RunResult simulate(const RunOptions& options, RankId world_size, std::function<void(Rank&)> main);

}  // namespace gridlock
