#include "launch/rank_status.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "launch/rank_process.h"

namespace gridlock {
namespace {

/// A run in which nothing has moved for so long stands still, for who ends it.
constexpr auto kStillTime = std::chrono::milliseconds(1000);
/// How long nothing must move before a run with a lost or stuck rank is over.
constexpr auto kSettleTime = std::chrono::milliseconds(400);

bool is_done(const RankStatus& rank) {
  return rank.gone || (rank.state == HostState::returned && rank.open_tickets == 0);
}

bool is_blocked(const RankStatus& rank) {
  return rank.gone || rank.state != HostState::running || rank.trouble != Trouble::none;
}

// Before the run has ended no process has a reason to leave.
bool is_stuck(const RankStatus& rank) { return rank.gone || rank.trouble != Trouble::none; }

std::string cause(const RankStatus& rank) {
  if (rank.gone && rank.by_signal) {
    return fmt::format("killed by signal {} ({})", rank.code, strsignal(rank.code));
  }
  if (!rank.text.empty()) return rank.text;
  if (rank.gone && rank.code == kEarlyExit) return "left before the end of its program";
  if (rank.gone) return fmt::format("left with exit code {}", rank.code);
  if (rank.is_suspended) return "its process was suspended (SIGSTOP, a debugger) and not continued";
  return "";
}

FinalState final_state(const RankStatus& rank) {
  if (!rank.gone) return {rank.state, rank.is_suspended};
  if (rank.state == HostState::crashed) return {rank.state};
  return {rank.by_signal ? HostState::crashed : HostState::exited};
}

}  // namespace

RankStatus status_of(const SharedLog& log) {
  RankStatus status;
  status.progress = log.progress();
  status.requests = log.requests();
  status.open_tickets = log.open_tickets();
  status.state = log.state();
  status.trouble = log.trouble();
  if (status.trouble != Trouble::none) status.text = log.trouble_text();
  return status;
}

RankStatus silent_status(RankStatus last, std::string text) {
  last.gone = true;
  last.is_silent = true;
  last.by_signal = false;
  last.is_suspended = false;
  last.state = HostState::crashed;
  last.text = std::move(text);
  return last;
}

std::optional<RunEnd> RunWatch::look(std::span<const RankStatus> ranks) {
  std::uint64_t progress = 0;
  for (const RankStatus& rank : ranks) progress += rank.progress + (is_stuck(rank) ? 1 : 0);
  const auto now = Clock::now();
  if (has_looked() && now - looked_at_ > kGapMin) last_moved_ += now - looked_at_;
  looked_at_ = now;
  if (std::exchange(seen_, progress) != progress) last_moved_ = now;
  const bool trouble = std::any_of(ranks.begin(), ranks.end(), is_stuck);
  if (std::all_of(ranks.begin(), ranks.end(), is_done)) {
    return trouble ? RunEnd::quiescent : RunEnd::returned;
  }
  const bool all_blocked = std::all_of(ranks.begin(), ranks.end(), is_blocked);
  if (trouble && all_blocked && now - last_moved_ >= kSettleTime) return RunEnd::quiescent;
  if (now - last_moved_ >= real_timeout_) return RunEnd::quiescent;
  return std::nullopt;
}

RunEnd RunWatch::interrupt(std::span<const RankStatus> ranks) {
  const bool is_watching = has_looked();
  static_cast<void>(look(ranks));
  return is_watching && Clock::now() - last_moved_ < kStillTime ? RunEnd::stopped : RunEnd::interrupted;
}

LaunchResult conclude(RunEnd end, std::span<const RankStatus> ranks) {
  LaunchResult result{end, {}, "", 0};
  bool limit = false;
  bool lost = false;
  bool backend = false;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const RankStatus& rank = ranks[i];
    result.states.push_back(final_state(rank));
    result.request_count += rank.requests;
    lost = lost || rank.gone || rank.trouble == Trouble::unlike_calls;
    limit = limit || rank.trouble == Trouble::log_full || rank.trouble == Trouble::step_limit;
    backend = backend || rank.trouble == Trouble::backend_error || rank.trouble == Trouble::peer_lost;
    if (const std::string text = cause(rank); !text.empty()) {
      result.error += fmt::format("{}rank {}: {}", result.error.empty() ? "" : "\n", i, text);
    }
  }
  const bool all_returned = std::all_of(result.states.begin(), result.states.end(),
                                        [](FinalState state) { return state.host == HostState::returned; });
  if (end == RunEnd::quiescent && all_returned) result.end = RunEnd::returned;
  if (end == RunEnd::quiescent && limit) result.end = RunEnd::step_limit;
  if (end == RunEnd::quiescent && backend && !lost && !limit) result.end = RunEnd::backend_error;
  return result;
}

}  // namespace gridlock
