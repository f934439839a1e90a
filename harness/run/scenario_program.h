#pragma once

#include <memory>
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

 private:
  void add_sites(const std::vector<Step>& steps);

  std::shared_ptr<const Scenario> scenario_;
  SiteTable sites_;
  /// Index = Step::number.
  std::vector<SiteId> site_of_step_;
};

/// What a world runs for the scenario: a step machine per rank, which must not outlive what is returned here.
RankProgram make_rank_program(const std::shared_ptr<const ScenarioProgram>& program);

}  // namespace gridlock
