#pragma once

#include <string>
#include <vector>

#include "core/rank/step_machine.h"
#include "core/world/cost_profile.h"

namespace gridlock::cli {

/// What a calibration measures: every operation of `kinds` at every size of a message (bytes of all ranks
/// together for operations that count one rank's share).
struct CalibrationPlan {
  RankId ranks = 2;
  std::vector<CallKind> kinds;
  std::vector<std::int64_t> message_bytes;
  /// Rank 0 writes its measurements here, as lines "operation bytes nanoseconds".
  std::string results_path;
};

/// Kinds and sizes of `gridlock calibrate`, up to messages of `bytes_max`.
CalibrationPlan calibration_plan(RankId ranks, std::int64_t bytes_max, std::string results_path);

/// Every rank issues the same calls back to back on one stream and waits for the stream; rank 0 takes the
/// wall clock and keeps the median of several turns, as nanoseconds of one call. Send is measured in a ring,
/// in batches of a send and a recv. For worlds whose ranks are real.
RankProgram calibration_program(const CalibrationPlan& plan);

/// The curves of the lines that rank 0 wrote. Throws InputError when there are none.
CostProfile read_calibration(const CalibrationPlan& plan, const std::string& name);

}  // namespace gridlock::cli
