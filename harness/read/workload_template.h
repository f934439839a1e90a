#pragma once

#include <span>
#include <string_view>

#include "harness/read/workload_scope.h"

namespace gridlock {

/// A file of harness/workloads/ as it is part of the binary: comments, then a list of steps in which "$name"
/// stands for the value of a key of the workload, also inside strings and keys. Beside a scenario's steps it
/// has
///
///   "if": "prefetch"              the step is there when the key is true, or given
///   "if": {"mode": "sharded"}     ... has this value
///   "unless": "prefetch"          the opposite; a list is several conditions, and all of them must hold
///
/// A step that uses a key which has no value is left out, as is a repeat of 0 turns.
struct WorkloadText {
  std::string_view name;
  std::string_view text;
};

/// In order of their names.
std::span<const WorkloadText> workload_texts();

/// The steps of a workload with its values in place. Their places are those of the values, or of the workload
/// where the text is. Throws InputError for values that do not fit the workload or its grids.
JsonNode::Array template_steps(const WorkloadScope& scope, const WorkloadText& text,
                               const JsonCursor& workload);

}  // namespace gridlock
