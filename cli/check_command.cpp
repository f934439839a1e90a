#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "core/history/transcript.h"
#include "harness/run/runner.h"

namespace gridlock::cli {
namespace {

struct Fingerprint {
  std::uint64_t digest;
  std::uint64_t transcript;
  Outcome outcome;
  bool operator==(const Fingerprint&) const = default;
};

Fingerprint fingerprint(const std::shared_ptr<const Scenario>& scenario, const RunOptions& options) {
  const std::unique_ptr<World> world = make_world("sim");
  const CaseResult result = run_case(scenario, *world, options);
  return {result.run.digest, make_transcript(*result.run.histories).hash, result.run.verdict.outcome};
}

// Three runs: twice the same, and once with the other hosting, which must not show either.
bool is_deterministic(const std::shared_ptr<const Scenario>& scenario, const RunFlags& flags) {
  RunOptions options = options_for(*scenario, flags);
  const Fingerprint first = fingerprint(scenario, options);
  const Fingerprint second = fingerprint(scenario, options);
  options.hosting = options.hosting == Hosting::fiber ? Hosting::stackless : Hosting::fiber;
  const Fingerprint other_hosting = fingerprint(scenario, options);
  const bool same = first == second && first == other_hosting;
  fmt::print("{}: {}\n  digests {} {} {} (the last on the other hosting), seed {}\n", scenario->name,
             same ? "deterministic" : "nondeterministic", hash_text(first.digest), hash_text(second.digest),
             hash_text(other_hosting.digest), options.seed);
  return same;
}

}  // namespace

void add_check_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("check", "Run each scenario again and again and compare the digests of the runs");
  const auto flags = std::make_shared<RunFlags>();
  add_run_flags(*command, *flags);
  command->callback([flags, &invocation] {
    for (const auto& scenario : load_all(*flags)) {
      if (!is_deterministic(scenario, *flags))
        invocation.exit_code = static_cast<int>(Outcome::nondeterministic);
    }
  });
}

}  // namespace gridlock::cli
