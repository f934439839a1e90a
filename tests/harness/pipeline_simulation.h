#pragma once

#include <string>
#include <vector>

#include "harness/model/scenario.h"

namespace gridlock {

/// What one stage does, read off its steps: a piece of work, or sends and receives posted together.
struct StageEvent {
  /// "forward" or "backward" for work; empty for transfers.
  std::string work;
  /// Value of the innermost shown loop variable.
  std::int64_t micro_batch = -1;
  struct Transfer {
    bool is_send = false;
    RankId peer = -1;
  };
  std::vector<Transfer> transfers;
};

/// The events of one rank, by walking the steps of its programs. Knows compute, send, recv, batch and repeat.
std::vector<StageEvent> events_of(const Scenario& scenario, RankId rank);

struct PipelineRun {
  /// Every stage came to its end.
  bool is_complete = false;
  /// Sends and receives that found no partner by the end of all stages.
  std::int64_t unmatched = 0;
  /// The micro-batches of each stage's forwards and backwards in the order in which they ran.
  std::vector<std::vector<std::int64_t>> forwards;
  std::vector<std::vector<std::int64_t>> backwards;
  /// Most micro-batches whose forward, but not yet backward, had run.
  std::vector<std::int64_t> in_flight_max;
  /// First work that ran before its input was there; empty when none did.
  std::string too_early;
};

/// Runs the stages with rendezvous sends: a send ends when its receive is posted, and a stage goes on when
/// all it posted has ended. Sends to one peer are matched in order. An independent and tiny model of the
/// simulator, for pipelines only.
PipelineRun run_pipeline(const Scenario& scenario);

}  // namespace gridlock
