#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string_view>

#include "core/base/units.h"
#include "launch/shared_log.h"

namespace gridlock {

/// What all processes of a run share besides their logs: made by the launcher before the fork, in shared
/// memory.
struct SharedCounters {
  /// Requests of all ranks together, for RunOptions::step_max.
  std::atomic<std::int64_t> requests{0};
  /// The run is over; and every rank had come to its end with all its work complete. Set before anybody is
  /// told to leave, the second one first.
  std::atomic<bool> ended{false};
  std::atomic<bool> ended_well{false};
};

/// The rank's end of its tie to the launcher. Lives in the rank's process; used by its main thread, except
/// for wait_for_end.
class RankProcess {
 public:
  RankProcess(RankId rank, SharedLog& log, SharedCounters& counters, int end_pipe)
      : rank_(rank), log_(log), counters_(counters), end_pipe_(end_pipe) {}

  RankId rank() const { return rank_; }
  SharedLog& log() const { return log_; }
  SharedCounters& counters() const { return counters_; }

  /// Takes one request from the bound for all ranks of this launcher; false when it is used up.
  bool count_request(std::int64_t request_max);

  /// Blocks the calling thread until the launcher has ended the run, or is gone.
  void wait_for_end() const;

  /// The program has ended. Keeps the process, with its connections and worker threads, until the run has
  /// ended: what this rank sent may still be on its way. Then leaves without running destructors.
  [[noreturn]] void finish();
  /// Leaves at once, before the end of the program.
  [[noreturn]] void exit_early();
  /// Leaves at once, as a process that died; `text` says why.
  [[noreturn]] void crash(std::string_view text);

 private:
  RankId rank_;
  SharedLog& log_;
  SharedCounters& counters_;
  int end_pipe_;
  /// Requests taken from the bound and not made yet.
  std::int64_t granted_ = 0;
};

/// Exit codes of rank processes: anything else was chosen by the program.
inline constexpr int kFinishedExit = 0;
inline constexpr int kCrashedExit = 70;
inline constexpr int kEarlyExit = 71;

}  // namespace gridlock
