#pragma once

#include <utility>

#include "core/world/world.h"
#include "sim/engine.h"

namespace gridlock {

/// The simulator with or without running ahead of virtual time, whatever the program is. Requires: options
/// and program are such as SimWorld takes.
class EngineWorld final : public World {
 public:
  explicit EngineWorld(bool runs_ahead) : runs_ahead_(runs_ahead) {}

  std::string_view name() const override { return "sim"; }
  RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) override {
    sim::Engine engine(options, program, std::move(sites));
    if (!runs_ahead_) engine.keep_time_order();
    return engine.run();
  }

 private:
  bool runs_ahead_;
};

}  // namespace gridlock
