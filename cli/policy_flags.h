#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <set>
#include <string>

#include "harness/run/warning_policy.h"

namespace gridlock::cli {

/// --fail-on and --accept.
struct PolicyFlags {
  std::string fail_on;
  std::string accept;
};

void add_policy_flags(CLI::App& command, PolicyFlags& flags);

/// Throws InputError.
WarningPolicy policy_of(const PolicyFlags& flags);

/// Says on standard error which accepted warnings did not come up, so that the list does not rot. `seen`:
/// places in WarningPolicy::accepted.
void tell_unseen(const WarningPolicy& policy, const std::set<std::size_t>& seen);

}  // namespace gridlock::cli
