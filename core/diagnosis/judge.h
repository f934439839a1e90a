#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/complaint.h"
#include "core/diagnosis/diagnosis.h"
#include "core/history/histories.h"

namespace gridlock {

/// How a world stopped, before anybody judges why.
enum class RunEnd : std::uint8_t {
  returned,   ///< every rank's program ended
  quiescent,  ///< some rank cannot go on and nothing will ever happen (a real world: its real_timeout passed)
  step_limit,
  interrupted,  ///< ended from outside; what had not come by then may never have come (real worlds)
  stopped,      ///< ended from outside while ranks could go on, or went on: nobody is missing
  backend_error,
  deadline,  ///< the timeout of a group passed while a rank of it waited
};

/// What is said about a run: one outcome and the findings behind it.
struct Verdict {
  Outcome outcome = Outcome::passed;
  /// Most important first; warnings last. Empty when nothing is to be said.
  std::vector<Diagnosis> diagnoses;
  /// Independent causes beyond those that are listed.
  std::size_t further_causes = 0;
};

/// All rules over the histories of a run, from any world. Order of causes: failed rank, exited rank, creation
/// divergence, first argument divergence, missing rank, cycle, timeout. The outcome follows from how the run
/// ended, from the first error diagnosis (CodeInfo::outcome) and from the programs' complaints; the worst one
/// decides. Never throws; the time is linear in ranks and records near the end of the histories.
Verdict judge(const Histories& histories, RunEnd end, std::span<const Complaint> complaints);

}  // namespace gridlock
