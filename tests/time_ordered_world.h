#pragma once

#include <utility>

#include "core/world/world.h"
#include "sim/engine.h"

namespace gridlock {

/// The simulator without running ahead: everything in the order of virtual time. Requires: options and
/// program are such as SimWorld takes.
class TimeOrderedWorld final : public World {
 public:
  std::string_view name() const override { return "sim"; }
  RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) override {
    sim::Engine engine(options, program, std::move(sites));
    engine.keep_time_order();
    return engine.run();
  }
};

}  // namespace gridlock
