#pragma once

#include <string>
#include <vector>

#include "core/base/rank_set.h"
#include "core/history/histories.h"

namespace gridlock {

/// Ranks that stood in the same place at the end of a run.
struct RankClass {
  RankSet ranks;
  HostState state = HostState::unknown;
  /// "all_reduce #4 on actor.tensor, 8 x float32, sum"; "the end of its program".
  std::string position;
  /// Ranks whose part is missing there; empty when the class waits for nobody.
  RankSet waits_for;
};

/// All ranks of a run by where they stood, in the order of their first ranks. With waits_for this is the
/// wait-for graph between ranks. Linear in ranks and records near the end of the histories.
std::vector<RankClass> rank_classes(const Histories& histories);

}  // namespace gridlock
