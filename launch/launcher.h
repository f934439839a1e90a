#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "launch/rank_process.h"
#include "launch/referee.h"

namespace gridlock {

/// How long the ranks have to leave by themselves after their run has ended.
inline constexpr auto kLeaveTime = std::chrono::milliseconds(1000);

/// Runs one process per log, forked from this one, each executing `body` for its rank (from `first_rank` on),
/// and stays until all are gone.
///
/// The run ends when the referee says so; SIGINT, SIGTERM and SIGHUP interrupt it. Then processes are let go,
/// and those that do not leave within `leave_time` are killed with everything they started. Nothing survives
/// this call, nor the caller's own death (PR_SET_PDEATHSIG).
///
/// `body` gets its rank's tie to the launcher and should end in finish() or crash(); leaving it by an
/// exception crashes the rank. Requires: the calling process has no other threads (they would not exist in
/// the ranks), and SIGCHLD and these signals are not awaited elsewhere meanwhile. Throws InputError when
/// the processes cannot be started; none is left then.
LaunchResult launch(std::span<const std::unique_ptr<SharedLog>> logs, RankId first_rank, Referee& referee,
                    const std::function<void(RankProcess&)>& body,
                    std::chrono::milliseconds leave_time = kLeaveTime);

}  // namespace gridlock
