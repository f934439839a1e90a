#pragma once

#include <span>

#include "harness/read/read_context.h"

namespace gridlock {

/// Whether some rank comes to a step, in some turn of the loops around it, that is among `only`. `path` are
/// the steps around it, outermost first, and the step itself, as they are written. What cannot be told
/// here (variables of loops outside of the path, more than a few million turns) is taken for true.
bool may_reach(ReadContext& context, std::span<const JsonNode* const> path, const JsonCursor& only);

}  // namespace gridlock
