#pragma once

#include <vector>

#include "core/world/fault.h"
#include "harness/read/read_context.h"

namespace gridlock {

/// The list under "faults": {"crash": RANKS, "at": {"time": "2s"}} and so on. Throws InputError for unknown
/// kinds, triggers and labels, and ranks that do not exist. Requires: the programs of the scenario are read.
std::vector<Fault> read_faults(const ReadContext& context, const JsonCursor& list);

}  // namespace gridlock
