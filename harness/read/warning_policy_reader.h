#pragma once

#include <string>
#include <vector>

#include "harness/run/warning_policy.h"

namespace gridlock {

/// `fail_on`: codes with commas between them, or "any" (command line, --fail-on); may be empty.
/// `accept_file`: JSON, {"accept": [{"code": C, "scenario": NAME, "reason": TEXT}, ...]}, of which the
/// scenario may be left out and the reason may not (--accept); may be empty. Throws InputError.
WarningPolicy read_warning_policy(const std::string& fail_on, const std::string& accept_file);

}  // namespace gridlock
