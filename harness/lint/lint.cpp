#include "harness/lint/lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/lint/lint_rules.h"

namespace gridlock {
namespace {

void unused_ranks(const Scenario& scenario, const LintFindings& findings) {
  if (scenario.grids.empty()) return;
  std::vector<RankId> unused;
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    const auto holds = [&](const ScenarioGrid& grid) {
      return grid.plan->mapping().to_model(rank) != kNoRank;
    };
    if (std::none_of(scenario.grids.begin(), scenario.grids.end(), holds)) unused.push_back(rank);
  }
  if (unused.empty()) return;
  findings.add(LintCode::UNUSED_RANKS, fmt::format("{} of {} ranks are in no grid: {}", unused.size(),
                                                   scenario.world_size, Members::list(unused).to_string()));
}

}  // namespace

std::int64_t axis_size(const ProcessTopology& topology, std::string_view axis, std::string_view other) {
  return std::max<std::int64_t>({topology.get_dim(axis), topology.get_dim(other), 1});
}

bool LintReport::has_errors() const {
  return std::any_of(findings.begin(), findings.end(), [](const LintFinding& finding) {
    return lint_info(finding.code).severity == LintSeverity::error;
  });
}

LintReport lint(const Scenario& scenario) {
  LintReport report;
  LintFindings findings(report.findings);
  for (const ScenarioGrid& grid : scenario.grids) {
    findings.about(grid.name);
    lint_model(grid, findings);
    lint_placement(scenario, grid, findings);
  }
  findings.about("");
  unused_ranks(scenario, findings);
  report.costs = lint_costs(scenario, findings);
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const LintFinding& a, const LintFinding& b) {
                     return lint_info(a.code).severity < lint_info(b.code).severity;
                   });
  return report;
}

std::string lint_text(const Scenario& scenario, const LintReport& report) {
  const LintCosts& costs = report.costs;
  std::string text = fmt::format(
      "{}: {} ranks on nodes of {}; each makes {} creation calls, for {} nccl and {} gloo groups\n"
      "  the most on one rank: {} communicators (about {:.1f} GiB of device memory if all are used), {} gloo "
      "connections\n",
      scenario.name, scenario.world_size, scenario.ranks_per_node, costs.creations, costs.nccl_groups,
      costs.gloo_groups, costs.communicators_per_rank,
      static_cast<double>(costs.communicators_per_rank * kCommunicatorBytes) / (1LL << 30),
      costs.gloo_connections_per_rank);
  for (const LintFinding& finding : report.findings) {
    const LintInfo& info = lint_info(finding.code);
    text += fmt::format("{} {}{}{}\n  what    {}\n  change  {}\n", lint_severity_name(info.severity),
                        info.name, finding.grid.empty() ? "" : " in ", finding.grid, finding.text, info.fix);
  }
  if (report.findings.empty()) text += "  nothing to complain about\n";
  return text;
}

}  // namespace gridlock
