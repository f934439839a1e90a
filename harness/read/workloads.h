#pragma once

#include <string>
#include <vector>

#include "harness/read/json_document.h"

namespace gridlock {

/// Names that a "workload" step may have.
std::vector<std::string> workload_names();

/// Replaces every "workload" step in the programs by the ordinary steps it stands for, which keep its place.
/// Requires: parameters are put in. Throws InputError for what the workload refuses.
void expand_workloads(JsonNode& root);

}  // namespace gridlock
