#pragma once

#include "harness/read/workload_scope.h"

namespace gridlock {

/// What "$name" means in the text of a workload: its keys (read_workload_keys), and what follows from them
/// and its grids:
///
///   next, previous          with family: the place after (before) the rank's own in its group, in a ring
///   even, odd               places of the group
///   turns, last_turn        members of the group less one; 1 unless the rank is alone, then 0
///   dispatch, combine       with tokens: the counts of the all_to_all_v that sends them, and of the one back
///   leader, joined,         with from and to: the first rank of one grid; it and the ranks of the other; and
///   bucket_size             elements of a bucket
///
/// Throws InputError for keys that do not fit each other or the grids.
JsonNode workload_values(const WorkloadScope& scope, const JsonCursor& workload);

}  // namespace gridlock
