#include "cli/policy_flags.h"

#include <fmt/format.h>

#include "harness/read/warning_policy_reader.h"

namespace gridlock::cli {

void add_policy_flags(CLI::App& command, PolicyFlags& flags) {
  command.add_option(
      "--fail-on", flags.fail_on,
      "Codes with commas between them, or 'any': a run that passed fails (exit 1) when it has such a "
      "warning, but for those that its scenario expects");
  command.add_option("--accept", flags.accept,
                     "JSON file of warnings that --fail-on lets pass: "
                     "{\"accept\": [{\"code\": CODE, \"scenario\": NAME, \"reason\": TEXT}]}");
}

WarningPolicy policy_of(const PolicyFlags& flags) { return read_warning_policy(flags.fail_on, flags.accept); }

void tell_unseen(const WarningPolicy& policy, const std::set<std::size_t>& seen) {
  for (std::size_t i = 0; i < policy.accepted.size(); ++i) {
    if (seen.count(i) != 0) continue;
    const AcceptedWarning& accepted = policy.accepted[i];
    fmt::print(stderr, "gridlock: accepted, but not seen: {}{}\n", code_name(accepted.code),
               accepted.scenario.empty() ? "" : " in " + accepted.scenario);
  }
}

}  // namespace gridlock::cli
