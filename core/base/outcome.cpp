#include "core/base/outcome.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace gridlock {
namespace {

constexpr std::array<OutcomeInfo, 14> kOutcomes = {{
    {Outcome::bad_input, "bad_input", "the scenario or the command line is wrong; nothing was run"},
    {Outcome::unsupported, "unsupported",
     "the chosen world cannot do what the scenario asks; nothing was run"},
    {Outcome::interrupted, "interrupted", "the run was ended from outside, for example by Ctrl-C"},
    {Outcome::nondeterministic, "nondeterministic",
     "two runs of the same scenario and seed had different digests"},
    {Outcome::backend_error, "backend_error",
     "the real backend reported an error that no rank's program explains"},
    {Outcome::rank_lost, "rank_lost", "a rank died or left while others still needed it"},
    {Outcome::mismatch, "mismatch",
     "ranks met in one call, or one group creation, with arguments that do not fit"},
    {Outcome::stall, "stall", "a rank waits for something that can never happen"},
    {Outcome::timeout, "timeout", "a deadline passed before a rank came that would have come later"},
    {Outcome::wrong_result, "wrong_result",
     "an operation completed with values that differ from the expected ones"},
    {Outcome::step_limit, "step_limit", "the run reached its bound of steps before its end"},
    {Outcome::leftover, "leftover", "every rank returned, but work it had started never completed"},
    {Outcome::expectation_failed, "expectation_failed", "an assertion of the scenario did not hold"},
    {Outcome::passed, "passed", "every rank ended its program and nothing was found wrong"},
}};

std::size_t precedence(Outcome outcome) {
  const auto row = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                [outcome](const OutcomeInfo& info) { return info.outcome == outcome; });
  GRIDLOCK_CHECK(row != kOutcomes.end());
  return static_cast<std::size_t>(row - kOutcomes.begin());
}

}  // namespace

std::span<const OutcomeInfo> outcomes_by_precedence() { return kOutcomes; }

std::string_view outcome_name(Outcome outcome) { return kOutcomes[precedence(outcome)].name; }

std::optional<Outcome> outcome_from_name(std::string_view name) {
  for (const OutcomeInfo& info : kOutcomes) {
    if (info.name == name) return info.outcome;
  }
  return std::nullopt;
}

Outcome worse(Outcome a, Outcome b) { return precedence(a) <= precedence(b) ? a : b; }

}  // namespace gridlock
