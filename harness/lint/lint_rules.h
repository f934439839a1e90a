#pragma once

#include <string>
#include <vector>

#include "core/grid/plan.h"
#include "harness/lint/lint.h"

namespace gridlock {

/// Where the rules put what they find.
class LintFindings {
 public:
  explicit LintFindings(std::vector<LintFinding>& findings) : findings_(&findings) {}

  void about(std::string grid) { grid_ = std::move(grid); }
  void add(LintCode code, std::string text) const { findings_->push_back({code, grid_, std::move(text)}); }

 private:
  std::vector<LintFinding>* findings_;
  std::string grid_;
};

/// The model's numbers against the grid's sizes.
void lint_model(const ScenarioGrid& grid, const LintFindings& findings);
/// Which groups leave a node; mappings; experts.
void lint_placement(const Scenario& scenario, const ScenarioGrid& grid, const LintFindings& findings);
/// Adds up creations, communicators and connections of all grids, and says what is much.
LintCosts lint_costs(const Scenario& scenario, const LintFindings& findings);

/// Size of the axis by either of its names; 1 when the topology has neither.
std::int64_t axis_size(const ProcessTopology& topology, std::string_view axis, std::string_view other = "");

}  // namespace gridlock
