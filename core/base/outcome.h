#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gridlock {

/// How a run ended; the number is the exit code of the gridlock binary.
enum class Outcome : std::uint8_t {
  passed = 0,
  expectation_failed = 1,
  bad_input = 2,
  mismatch = 3,
  stall = 4,
  step_limit = 5,
  wrong_result = 6,
  rank_lost = 7,
  leftover = 8,
  nondeterministic = 9,
  backend_error = 10,
  unsupported = 11,
  interrupted = 12,
  timeout = 13,
};

/// One row of the table that docs/outcomes.md is generated from. Rows are in order of precedence: when
/// several apply to one run, the first one is its outcome.
struct OutcomeInfo {
  Outcome outcome;
  std::string_view name;
  std::string_view meaning;
};

/// All outcomes; the first one that applies to a run is the run's.
std::span<const OutcomeInfo> outcomes_by_precedence();
std::string_view outcome_name(Outcome outcome);
std::optional<Outcome> outcome_from_name(std::string_view name);
/// The one of the two that decides the run.
Outcome worse(Outcome a, Outcome b);

}  // namespace gridlock
