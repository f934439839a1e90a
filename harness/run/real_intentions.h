#pragma once

#include "core/world/world.h"

namespace gridlock {

/// Adds to the histories of a real run what its ranks still intended, and judges it again. Ranks that are
/// blocked inside a library, or whose programs ended because it failed, cannot be asked; `simulated` is a run
/// of the same program on the simulator, which did ask or came to the end. Changes nothing where some rank
/// did not begin with the calls that the simulator made, where ranks of the real run were asked, and where it
/// ended well.
void add_intentions(RunResult& real, const RunResult& simulated);

}  // namespace gridlock
