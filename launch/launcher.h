#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/diagnosis/judge.h"
#include "launch/rank_process.h"

namespace gridlock {

/// What the launcher saw of a run. The logs hold the rest.
struct LaunchResult {
  RunEnd end = RunEnd::returned;
  /// Final host state per rank: that of its log, unless the process died or left by itself.
  std::vector<HostState> states;
  /// What went wrong outside the programs, one sentence per line; empty when nothing did.
  std::string error;
  /// Requests of all ranks together.
  std::int64_t request_count = 0;
};

/// How long the ranks have to leave by themselves after their run has ended.
inline constexpr auto kLeaveTime = std::chrono::milliseconds(1000);

/// Runs one process per log, forked from this one, each executing `body` for its rank, and stays until all
/// are gone.
///
/// The run ends when every program has ended and its work is complete; when nothing has moved for
/// `real_timeout`; on
/// SIGINT, SIGTERM or SIGHUP (interrupted); and, once some rank can never go on (it died, or its log shows trouble),
/// as soon as every other rank is blocked and nothing has moved for a moment. Then processes are let go, and
/// those that do not leave within `leave_time` are killed with everything they started. Nothing survives this
/// call, nor the caller's own death (PR_SET_PDEATHSIG).
///
/// `body` gets its rank's tie to the launcher and should end in finish() or crash(); leaving it by an
/// exception crashes the rank. Requires: the calling process has no other threads (they would not exist in
/// the ranks), and SIGCHLD and these signals are not awaited elsewhere meanwhile. Throws InputError when
/// the processes cannot be started; none is left then.
LaunchResult launch(std::span<const std::unique_ptr<SharedLog>> logs, std::chrono::milliseconds real_timeout,
                    const std::function<void(RankProcess&)>& body,
                    std::chrono::milliseconds leave_time = kLeaveTime);

}  // namespace gridlock
