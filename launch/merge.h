#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/history/histories.h"
#include "core/rank/rank.h"
#include "launch/shared_log.h"

namespace gridlock {

/// The logs of all ranks as one run's histories, as the simulator would have written them: group handles,
/// sites and side tables are unified, ranks that did the same share their nodes.
struct MergedRun {
  std::shared_ptr<Histories> histories;
  /// By rank, then in the order in which the rank complained.
  std::vector<Complaint> complaints;
};

/// How a rank's host stood in the end: as its log says, unless the process died or left by itself.
struct FinalState {
  HostState host = HostState::running;
  /// As in RankEnd.
  bool is_suspended = false;
};

/// `sites` are those that the run started with; `states` is the final state of each rank. A null log is that
/// of a rank that left none. Requires: no process writes to a log any more.
MergedRun merge_logs(std::span<const std::unique_ptr<SharedLog>> logs, std::span<const FinalState> states,
                     SiteTable sites);

}  // namespace gridlock
