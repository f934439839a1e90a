#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "core/world/world.h"
#include "launch/real_run.h"

namespace gridlock {

/// N real processes connected by Gloo: forked for each run on this machine, over loopback TCP, or one of them
/// in a process that somebody else's launcher started (see RealRun). Behaves as the
/// simulator does, and its histories are judged by the same rules; what hangs is ended by
/// RunOptions::real_timeout. Captured state of the program is not shared with the caller: what a rank finds
/// out comes back as complaints and histories. Not used: cost, hosting, semantics but for stream_depth_max;
/// sends are rendezvous (Gloo waits for the recv). Requires of the calling process while it runs: no other
/// threads (see launch()).
class GlooWorld final : public World {
 public:
  /// Ranks of one run: each is a process with a connection to every other.
  static constexpr RankId kRankMax = 256;

  explicit GlooWorld(RealPlace place = {}) : place_(std::move(place)) {}

  std::string_view name() const override { return "gloo"; }
  /// Throws InputError for shape mode, for more than kRankMax ranks, and when the processes cannot be
  /// started. The files of a run stay until the next run or the end of this.
  RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) override;

 private:
  RealPlace place_;
  std::unique_ptr<RealRun> run_;
};

}  // namespace gridlock
