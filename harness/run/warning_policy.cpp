#include "harness/run/warning_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace gridlock {
namespace {

bool contains(const std::vector<Code>& codes, Code code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// A name stands for all cells of its matrix: "step" also means "step[pipe=2]".
bool is_meant(const AcceptedWarning& accepted, std::string_view scenario) {
  if (accepted.scenario.empty() || accepted.scenario == scenario) return true;
  return scenario.starts_with(accepted.scenario) && scenario[accepted.scenario.size()] == '[';
}

}  // namespace

PolicyFindings apply_policy(const WarningPolicy& policy, std::string_view scenario, const Verdict& verdict,
                            const std::optional<std::vector<Code>>& expected) {
  PolicyFindings findings;
  for (const Diagnosis& diagnosis : verdict.diagnoses) {
    if (diagnosis.severity != Severity::warning) continue;
    if (!policy.fails_on_any && !contains(policy.fail_on, diagnosis.code)) continue;
    bool is_accepted = expected && contains(*expected, diagnosis.code);
    for (std::size_t i = 0; i < policy.accepted.size(); ++i) {
      if (policy.accepted[i].code != diagnosis.code || !is_meant(policy.accepted[i], scenario)) continue;
      is_accepted = true;
      if (std::find(findings.accepted.begin(), findings.accepted.end(), i) == findings.accepted.end())
        findings.accepted.push_back(i);
    }
    if (!is_accepted && !contains(findings.failing, diagnosis.code))
      findings.failing.push_back(diagnosis.code);
  }
  return findings;
}

std::string failing_text(const std::vector<Code>& failing) {
  std::vector<std::string_view> names;
  for (const Code code : failing) names.push_back(code_name(code));
  return fmt::format("warnings that make the run fail (--fail-on): {}", fmt::join(names, ", "));
}

}  // namespace gridlock
