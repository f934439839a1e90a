// DeepSpeed's expert groups and the groups of its AutoTP and AutoEP, and the views of Megatron's
// HyperCommGrid.
#include <memory>

#include "core/grid/deepspeed_experts.h"
#include "core/grid/parallel_grid.h"
#include "tests/core/grid/peer_cases.h"

namespace gridlock::testing {
namespace {

Json groups_of(const Plan& plan, const char* name) {
  const PlanFamily& family = plan.families()[plan.find_family(name).value()];
  Json groups = Json::array();
  for (RankId i = 0; i < family.count; ++i)
    groups.push_back(plan.members_of(family.request_of(i)).to_vector());
  return groups;
}

Plan plan_of(const DeepSpeedExperts& experts) {
  const auto world_size = static_cast<RankId>(experts.world_size);
  const std::int64_t model = experts.pipe * experts.tensor;
  GridSpec spec{
      ProcessTopology({"pipe", "data", "tensor"}, {experts.pipe, experts.world_size / model, experts.tensor}),
      deepspeed_recipe(), RankMapping::identity(world_size)};
  spec.views = {deepspeed_expert_view(experts)};
  return {std::move(spec), world_size};
}

/// The sizes of a case, spelled as its function spells them.
DeepSpeedExperts recorded_experts(const Json& topology) {
  DeepSpeedExperts experts;
  experts.world_size = topology.at("world_size");
  experts.pipe = topology.value("pp_size", topology.value("pp", 1));
  experts.tensor = topology.value("tp_size", topology.value("tp", 1));
  experts.expert = topology.value("ep_size", topology.value("ep", 1));
  return experts;
}

Json expert_ranks(const Json& peer_case) {
  DeepSpeedExperts experts = recorded_experts(peer_case.at("topology"));
  experts.placement = ExpertPlacement::lanes;
  experts.data_before_expert = peer_case.at("args").value("use_data_before_expert_parallel_", false);
  const Plan plan = plan_of(experts);
  return {groups_of(plan, "expert"), groups_of(plan, "expert_data")};
}

// AutoEP lays experts over neighbours of a stage, across tensor groups.
Json folding_table(const std::string& table, const DeepSpeedExperts& experts) {
  const Plan plan = plan_of(experts);
  if (table == "dense_dp_groups") return groups_of(plan, "data");
  if (table == "tp_groups") return groups_of(plan, "tensor");
  if (table == "ep_groups") return groups_of(plan, "expert");
  if (table == "edp_groups") return groups_of(plan, "expert_data");
  return kNotHandled;
}

Json local_folding_ranks(const DeepSpeedExperts& experts, RankId rank) {
  const auto plan = std::make_shared<const Plan>(plan_of(experts));
  const ParallelGrid grid(plan, rank);
  const auto ranks = [&](const char* family) { return grid.group(family).value().members.to_vector(); };
  return {{"tp", ranks("tensor")}, {"ep", ranks("expert")}, {"edp", ranks("expert_data")}};
}

Json data_sizes(const DeepSpeedExperts& experts) {
  const Plan plan = plan_of(experts);
  return {plan.group_size(*plan.find_family("data")), plan.group_size(*plan.find_family("expert_data"))};
}

// Data groups, then tensor groups: a recipe as a user would write it.
Json auto_tp_groups(const Json& topology) {
  const std::int64_t world_size = topology.at("world_size");
  const std::int64_t tensor = topology.at("tp");
  Recipe recipe{"autotp", {}, false, {}};
  for (const char* axis : {"data", "tensor"}) {
    RecipeBlock block;
    block.inside = {axis};
    block.entries = {{axis}};
    recipe.blocks.push_back(block);
  }
  const auto size = static_cast<RankId>(world_size);
  const auto plan = std::make_shared<const Plan>(
      GridSpec{ProcessTopology({"data", "tensor"}, {world_size / tensor, tensor}), recipe,
               RankMapping::identity(size)},
      size);
  Json calls = groups_of(*plan, "data");
  for (const Json& group : groups_of(*plan, "tensor")) calls.push_back(group);
  const ParallelGrid grid(plan, topology.at("rank"));
  return {calls, grid.group("data")->members.to_vector(), grid.group("tensor")->members.to_vector()};
}

// Fastest axis first.
ProcessTopology hyper_grid(std::vector<std::string> names, std::vector<std::int64_t> sizes) {
  return {{names.rbegin(), names.rend()}, {sizes.rbegin(), sizes.rend()}};
}

Json registered_view(const Json& peer_case) {
  const Json& own = peer_case.at("topology");
  const Json& args = peer_case.at("args");
  ProcessTopology topology = hyper_grid(own.at("dim_names"), own.at("shape"));
  const RankId size = topology.world_size();
  GridSpec spec{std::move(topology), Recipe{"hyper", {}, false, {}}, RankMapping::identity(size)};
  spec.views = {{"view", hyper_grid(args.at("dim_names"), args.at("shape"))}};
  return answer_or_refusal([&] { return Plan(spec, size).request_count(); });
}

Json grid_in_world_of_8(const Json& own) {
  const ProcessTopology topology = hyper_grid(own.at("dim_names"), own.at("shape"));
  const GridSpec spec{topology, Recipe{"hyper", {}, false, {}}, RankMapping::identity(topology.world_size())};
  return answer_or_refusal([&] { return Plan(spec, 8).request_count(); });
}

}  // namespace

Json answer_deepspeed_expert_case(const Json& peer_case) {
  const std::string call = peer_case.at("call");
  const Json& topology = peer_case.at("topology");
  const std::string kTables = "expected_folding_group_tables.";
  if (call == "_get_expert_parallel_ranks") return expert_ranks(peer_case);
  if (call.rfind(kTables, 0) == 0)
    return folding_table(call.substr(kTables.size()), recorded_experts(topology));
  if (call == "local_folding_ranks")
    return local_folding_ranks(recorded_experts(topology), peer_case.at("args").at("global_rank"));
  if (call == "build_folding_spec -> dp_size, edp_size") return data_sizes(recorded_experts(topology));
  if (call == "build_folding_spec")
    return answer_or_refusal([&] { return data_sizes(recorded_experts(topology)); });
  if (call == "_init_tp_groups_with_new_group: [new_group calls, own data group, own tensor group]")
    return auto_tp_groups(topology);
  if (call == "register_view") return registered_view(peer_case);
  if (call == "__init__ in a world of 8") return grid_in_world_of_8(topology);
  return kNotHandled;
}

}  // namespace gridlock::testing
