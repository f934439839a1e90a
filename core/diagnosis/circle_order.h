#pragma once

#include <vector>

#include "core/diagnosis/finding.h"

namespace gridlock {

/// Blames the ranks that make the calls of a circle in another order than most of those that make both: the
/// members of both groups decide, and where they do not, the replicas of them. Says so when they are equally
/// many. False, and nothing changed, when nobody stands against another. `component` are nodes of Waits that
/// wait for each other; `finding` blames all of their ranks so far.
bool blame_by_order(Scene& scene, const std::vector<int>& component, Finding& finding);

/// The first call of a stream's head; null for other nodes and empty heads.
const Record* first_call(const Scene& scene, int node);

}  // namespace gridlock
