#pragma once

#include "core/world/semantics.h"
#include "harness/read/json_cursor.h"

namespace gridlock {

/// {"preset": NAME, KNOB: VALUE ...}: the values of a preset (torch_nccl when none is named) and those that
/// are said beside it. Throws InputError for unknown names and values outside their limits.
Semantics read_semantics(const JsonCursor& cursor);

}  // namespace gridlock
