#pragma once

#include "core/world/world.h"

namespace gridlock {

/// Whether a real run ended so that a verdict rests on what its ranks would still have done.
bool wants_intentions(const RunResult& real);
/// `options` of a real run for the run of its program on the simulator: no longer than it takes to come to
/// where the ranks stood and to what is asked of them, as a program may be meant to run for days.
RunOptions options_for_intentions(const RunResult& real, RunOptions options);
/// Adds to the histories of a real run what its ranks still intended, and judges it again. Ranks that are
/// blocked inside a library, or whose programs ended because it failed, cannot be asked; `simulated` is a run
/// of the same program on the simulator, which did ask or came to the end. Ranks that could be asked keep
/// what they said. Changes nothing where another rank did not begin with the calls that the simulator made,
/// and where the run ended well.
void add_intentions(RunResult& real, const RunResult& simulated);

}  // namespace gridlock
