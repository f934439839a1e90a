#pragma once

#include <map>
#include <string>

#include "tests/core/grid/recorded_data.h"

namespace gridlock::testing {

/// What this project answers to one recorded edge case of the reference ("errors" in areal_golden).
struct EdgeCase {
  /// The answer, or "!" and the message of the InputError: made by carrying the case out.
  Json answer;
  /// Finding of docs/deviations.md that explains an answer other than the reference's; empty when it is the
  /// same (for a refusal: both refuse before any group is made).
  std::string deviation;
  /// What the answer must be when it deviates.
  Json expected = nullptr;
};

/// By id of the recorded row.
std::map<std::string, EdgeCase> edge_cases();

}  // namespace gridlock::testing
