#pragma once

#include <vector>

#include "harness/read/read_context.h"

namespace gridlock {

/// Reads a list of steps. A step is an object with exactly one action key, and beside it
///   only, except   who takes part (any step)
///   label          text for reports (any step)
///   as, wait       name of the ticket; whether the host waits (operations and batches)
///   as, from, steps   loop variable, its first value, body (repeat)
/// The value of parallel is a list of threads: { name, steps, only, except } each.
/// Throws InputError. Requires: world, grids and names of the context are complete; no workloads are left.
std::vector<Step> read_steps(ReadContext& context, const JsonCursor& list);

/// Collects the names that steps introduce (groups, buffers, tickets) into the scenario, in file order.
void collect_names(Scenario& scenario, const JsonCursor& list);

/// Loops are nested at most this deep.
inline constexpr std::size_t kLoopDepthMax = 16;
/// A loop turns at most this often.
inline constexpr std::int64_t kRepeatMax = 1'000'000'000;

}  // namespace gridlock
