#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/lint/lint_rules.h"

namespace gridlock {
namespace {

bool crosses(const Members& members, RankId per_node) {
  return members[0] / per_node != members[members.size() - 1] / per_node;
}

struct Crossing {
  RankId count = 0;
  RankId groups = 0;
  Members first;
};

/// How many groups of a family leave a node. Members are sorted, so both ends tell.
Crossing crossing_of(const Plan& plan, std::size_t family, RankId per_node) {
  Crossing found;
  found.groups = plan.families()[family].count;
  for (RankId i = 0; i < found.groups; ++i) {
    const Members members = plan.members_of(plan.families()[family].request_of(i));
    if (!crosses(members, per_node)) continue;
    if (found.count++ == 0) found.first = members;
  }
  return found;
}

void nodes(const Scenario& scenario, const Plan& plan, LintCode code, std::string_view family,
           const LintFindings& findings) {
  const std::optional<std::size_t> found = plan.find_family(family);
  if (!found || scenario.ranks_per_node >= scenario.world_size) return;
  const Crossing crossing = crossing_of(plan, *found, scenario.ranks_per_node);
  if (crossing.count == 0) return;
  findings.add(code,
               fmt::format("{} of {} {} groups cross a node of {} ranks, the first is {}", crossing.count,
                           crossing.groups, family, scenario.ranks_per_node, crossing.first.to_string()));
}

/// The first group of experts that joins ranks of two stages of the model.
std::optional<std::string> mixed_stages(const Plan& plan, std::size_t family) {
  const ProcessTopology& topology = plan.topology();
  const PlanFamily& experts = plan.families()[family];
  for (RankId i = 0; i < experts.count; ++i) {
    const Members members = plan.model_members_of(experts.request_of(i));
    for (GroupRank place = 1; place < members.size(); ++place) {
      const RankId stage = topology.index_on("pipe", members[0]);
      const RankId other = topology.index_on("pipe", members[place]);
      if (stage == other) continue;
      return fmt::format("{} group {} joins stage {} and stage {}", experts.name,
                         plan.members_of(experts.request_of(i)).to_string(), stage, other);
    }
  }
  return std::nullopt;
}

/// The first group of experts that joins ranks of the model and ranks outside of it.
std::optional<std::string> joins_outsiders(const Plan& plan, std::size_t family) {
  const PlanFamily& experts = plan.families()[family];
  for (RankId i = 0; i < experts.count; ++i) {
    const Members members = plan.members_of(experts.request_of(i));
    const RankId first = plan.mapping().to_model(members[0]);
    const auto in_model = [&](RankId rank) { return plan.mapping().to_model(rank) != kNoRank; };
    for (GroupRank place = 1; place < members.size(); ++place) {
      if (in_model(members[place]) == (first != kNoRank)) continue;
      return fmt::format("{} group {} joins ranks of the model and others", experts.name,
                         members.to_string());
    }
  }
  return std::nullopt;
}

void experts(const Plan& plan, const LintFindings& findings) {
  const std::optional<std::size_t> family = plan.find_family("expert");
  const std::optional<std::size_t> data = plan.find_family("expert_data");
  if (!family || !data || !plan.families()[*family].of_world) return;
  std::optional<std::string> mixed = joins_outsiders(plan, *family);
  if (!mixed) mixed = joins_outsiders(plan, *data);
  const bool has_stages = plan.topology().has_axis("pipe");
  if (!mixed && has_stages) mixed = mixed_stages(plan, *family);
  if (!mixed && has_stages) mixed = mixed_stages(plan, *data);
  if (!plan.mapping().is_identity()) {
    findings.add(LintCode::EXPERT_GROUPS_IGNORE_MAPPING,
                 fmt::format("the mapping is {}, expert groups are made as if it were the identity{}{}",
                             plan.mapping().to_string(), mixed ? ": " : "", mixed.value_or("")));
  } else if (mixed) {
    findings.add(LintCode::EXPERT_STAGES_DIFFER, *mixed);
  }
}

/// Megatron makes the groups of experts for dense models too, where nothing uses them.
bool has_experts(const Plan& plan) {
  if (axis_size(plan.topology(), "expert") > 1) return true;
  const auto& views = plan.spec().views;
  return std::any_of(views.begin(), views.end(), [](const TopologyView& view) {
    return axis_size(view.topology, "expert", "expert_lanes") > 1;
  });
}

}  // namespace

void lint_placement(const Scenario& scenario, const ScenarioGrid& grid, const LintFindings& findings) {
  const Plan& plan = *grid.plan;
  experts(plan, findings);
  if (const auto surprise = plan.group_rank_order_surprise())
    findings.add(LintCode::GROUP_ORDER_SURPRISE, *surprise);
  nodes(scenario, plan, LintCode::TENSOR_CROSSES_NODE, "tensor", findings);
  if (has_experts(plan))
    nodes(scenario, plan, LintCode::EXPERT_CROSSES_NODE,
          plan.find_family("expert_and_tensor") ? "expert_and_tensor" : "expert", findings);
  nodes(scenario, plan, LintCode::EMBEDDING_CROSSES_NODE, "embedding", findings);
}

}  // namespace gridlock
