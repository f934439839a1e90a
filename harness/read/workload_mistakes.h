#pragma once

#include "harness/read/workload_scope.h"

namespace gridlock {

/// Puts bugs into the steps of a workload, each at the steps with a label:
///
///   {"at": "dispatch", "only": {"rank": 3, "layer": 1}}              these ranks (and turns) leave the step
///   out
///   {"at": "dispatch", "only": {"rank": 3}, "count": 0}              ... or say another count (or counts)
///   {"at": "dispatch", "only": {"rank": 3}, "after": "combine"}      ... or do it after the step named so
///
/// The last one looks for the next such step in the same list of steps, or for a loop or workload there that
/// has it inside. Throws InputError for labels that are
/// not there, unknown keys, steps that have no count, and ranks and turns that never come to such a step.
/// `workload` is the step that the list stands for.
void make_mistakes(const WorkloadScope& scope, const JsonCursor& workload, JsonNode::Array& steps);

}  // namespace gridlock
