#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/world/world.h"
#include "harness/model/scenario.h"

namespace gridlock {

/// A scenario that was run, and what its `expect` says about the run.
struct CaseResult {
  std::shared_ptr<const Scenario> scenario;
  /// What the run used: the scenario's options with those of the command line put over them.
  RunOptions options;
  /// "sim", "gloo"
  std::string world;
  RunResult run;
  /// One sentence for each thing that is not as expected; empty: every expectation held.
  std::vector<std::string> unmet;

  bool held() const { return unmet.empty(); }
};

/// Runs the scenario on a world. Throws InputError when that world cannot run it. `simulator`, where it is
/// given, tells what ranks of a real world that did not end well still intended (add_intentions).
CaseResult run_case(std::shared_ptr<const Scenario> scenario, World& world, const RunOptions& options,
                    World* simulator = nullptr);

/// The diagnosis that decides the run: the first that is no warning, or nullptr.
const Diagnosis* deciding_diagnosis(const Verdict& verdict);

/// What differs between the expectation and the run, in the order outcome, diagnosis, blame, relation,
/// returned, warnings.
std::vector<std::string> unmet_expectations(const Expectation& expect, const Verdict& verdict,
                                            const RankSet& returned = {});

}  // namespace gridlock
