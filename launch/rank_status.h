#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/diagnosis/judge.h"
#include "launch/merge.h"
#include "launch/shared_log.h"

namespace gridlock {

/// How one rank stands, as its launcher sees it. A value.
struct RankStatus {
  /// Grows whenever the rank did anything.
  std::uint64_t progress = 0;
  std::int64_t requests = 0;
  std::int64_t open_tickets = 0;
  HostState state = HostState::running;
  Trouble trouble = Trouble::none;
  /// Its process is gone: killed by signal `code`, or left with exit code `code`.
  bool gone = false;
  bool by_signal = false;
  std::int32_t code = 0;
  /// Its process is there and suspended: by SIGSTOP or the like, or by a debugger.
  bool is_suspended = false;
  /// Nobody has heard of its launcher, at all or for a while.
  bool is_silent = false;
  /// About the trouble, or what happened to a rank that nobody knows more of.
  std::string text;
};

template <typename Archive>
void fields(Archive& archive, RankStatus& status) {
  archive(status.progress);
  archive(status.requests);
  archive(status.open_tickets);
  archive(status.state);
  archive(status.trouble);
  archive(status.gone);
  archive(status.by_signal);
  archive(status.code);
  archive(status.is_suspended);
  archive(status.is_silent);
  archive(status.text);
}

/// That of a rank whose process is there.
RankStatus status_of(const SharedLog& log);
/// That of a rank whose launcher fell silent after `last`, or never came; `text` says so.
RankStatus silent_status(RankStatus last, std::string text);

/// A launcher that has not looked for so long was suspended itself: that time is nobody's silence.
inline constexpr auto kGapMin = std::chrono::milliseconds(1000);

/// Decides when a run is over. Used by one launcher, for all ranks of the world.
class RunWatch {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RunWatch(std::chrono::milliseconds real_timeout)
      : real_timeout_(real_timeout), last_moved_(Clock::now()) {}

  /// returned: every program has ended and its work is complete. quiescent: nothing has moved for
  /// real_timeout; or some rank can never go on, every other is blocked, and nothing has moved for a moment.
  std::optional<RunEnd> look(std::span<const RankStatus> ranks);
  /// What a run is that is ended from outside now: stopped where it was seen to move until now.
  RunEnd interrupt(std::span<const RankStatus> ranks);
  /// When a rank last moved, or got stuck.
  Clock::time_point last_moved() const { return last_moved_; }

 private:
  bool has_looked() const { return looked_at_ != Clock::time_point{}; }

  std::chrono::milliseconds real_timeout_;
  Clock::time_point last_moved_;
  Clock::time_point looked_at_;
  std::uint64_t seen_ = 0;
};

/// What the launchers saw of a run. The logs hold the rest.
struct LaunchResult {
  RunEnd end = RunEnd::returned;
  /// Per rank.
  std::vector<FinalState> states;
  /// What went wrong outside the programs, one sentence per line; empty when nothing did.
  std::string error;
  /// Requests of all ranks together.
  std::int64_t request_count = 0;
};

/// What a run that ended so, with its ranks standing so, comes to.
LaunchResult conclude(RunEnd end, std::span<const RankStatus> ranks);

}  // namespace gridlock
