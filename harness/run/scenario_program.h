#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/rank/step_machine.h"
#include "harness/model/scenario.h"

namespace gridlock {

/// A scenario made ready to run: the sites of its steps are interned once, and every rank shares it.
/// Immutable.
class ScenarioProgram {
 public:
  explicit ScenarioProgram(std::shared_ptr<const Scenario> scenario);

  const Scenario& scenario() const { return *scenario_; }
  const SiteTable& sites() const { return sites_; }
  SiteId site(const Step& step) const { return site_of_step_[step.number]; }
  /// The call of a step that makes one whose arguments are the same on every rank and in every turn of a
  /// loop, all but its group, its label and its private buffers; nullptr for any other step.
  const Call* plain_call(const Step& step) const {
    const std::optional<Call>& plain = plain_calls_[step.number];
    return plain ? &*plain : nullptr;
  }

 private:
  void add_steps(const std::vector<Step>& steps);

  std::shared_ptr<const Scenario> scenario_;
  SiteTable sites_;
  /// Index = Step::number.
  std::vector<SiteId> site_of_step_;
  std::vector<std::optional<Call>> plain_calls_;
};

/// What a world runs for the scenario: a step machine per rank, which must not outlive what is returned here.
RankProgram make_rank_program(const std::shared_ptr<const ScenarioProgram>& program);

}  // namespace gridlock
