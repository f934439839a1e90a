#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnosis/judge.h"

namespace gridlock {

/// A warning that somebody has looked at and lives with.
struct AcceptedWarning {
  Code code = Code::HOST_BLOCKED;
  /// Name of the scenario, with or without its matrix cell; empty: wherever it comes up.
  std::string scenario;
  std::string reason;
};

/// Which warnings make a run fail that passed otherwise.
struct WarningPolicy {
  /// Every warning; else those of `fail_on`.
  bool fails_on_any = false;
  std::vector<Code> fail_on;
  std::vector<AcceptedWarning> accepted;
};

/// What a policy says about one run.
struct PolicyFindings {
  /// Codes of the warnings that make it fail, each once, in the verdict's order.
  std::vector<Code> failing;
  /// Places in WarningPolicy::accepted of what kept others from that.
  std::vector<std::size_t> accepted;
};

/// `scenario`: its name; empty for a recorded run, which only entries without a name speak of. `expected`:
/// the warnings that the scenario itself expects, which count as accepted.
PolicyFindings apply_policy(const WarningPolicy& policy, std::string_view scenario, const Verdict& verdict,
                            const std::optional<std::vector<Code>>& expected = std::nullopt);

/// One sentence that names them.
std::string failing_text(const std::vector<Code>& failing);

}  // namespace gridlock
