// Grids that DeepSpeed's and AReaL's tests build, built here.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>

#include "core/grid/named_topology.h"
#include "core/grid/parallel_grid.h"
#include "tests/core/grid/peer_cases.h"

namespace gridlock::testing {
namespace {

using Column = std::function<Json(const ParallelGrid&)>;

template <typename Value>
Column number(Value (ParallelGrid::*read)() const) {
  return [read](const ParallelGrid& grid) { return Json((grid.*read)()); };
}
Column list(Members (ParallelGrid::*read)() const) {
  return [read](const ParallelGrid& grid) { return Json((grid.*read)().to_vector()); };
}
Column ranks_of(MaybeGroup (ParallelGrid::*read)() const) {
  return [read](const ParallelGrid& grid) { return Json((grid.*read)().value().members.to_vector()); };
}

const std::map<std::string, Column>& columns() {
  static const std::map<std::string, Column> kColumns = {
      {"global_rank", number(&ParallelGrid::global_rank)},
      {"world_size", number(&ParallelGrid::world_size)},
      {"stage_id", number(&ParallelGrid::stage_id)},
      {"data_parallel_id", number(&ParallelGrid::data_parallel_id)},
      {"data_parallel_size", number(&ParallelGrid::data_parallel_size)},
      {"pipe_parallel_size", number(&ParallelGrid::pipe_parallel_size)},
      {"model_parallel_size", number(&ParallelGrid::model_parallel_size)},
      {"slice_parallel_size", number(&ParallelGrid::slice_parallel_size)},
      {"ds_model_rank", number(&ParallelGrid::ds_model_rank)},
      {"ds_model_world_size", number(&ParallelGrid::ds_model_world_size)},
      {"dp_group", list(&ParallelGrid::dp_group)},
      {"pp_group", list(&ParallelGrid::pp_group)},
      {"slice_group", list(&ParallelGrid::slice_group)},
      {"mp_group", list(&ParallelGrid::mp_group)},
      {"is_first_stage", number(&ParallelGrid::is_first_stage)},
      {"is_last_stage", number(&ParallelGrid::is_last_stage)},
      {"_is_grid_valid", number(&ParallelGrid::is_grid_valid)},
      {"get_global_rank", number(&ParallelGrid::get_global_rank)},
      {"get_stage_id", number(&ParallelGrid::get_stage_id)},
      {"get_data_parallel_id", number(&ParallelGrid::get_data_parallel_id)},
      {"get_pipe_parallel_rank", number(&ParallelGrid::get_pipe_parallel_rank)},
      {"get_pipe_parallel_world_size", number(&ParallelGrid::get_pipe_parallel_world_size)},
      {"get_pipe_parallel_group", ranks_of(&ParallelGrid::get_pipe_parallel_group)},
      {"get_data_parallel_rank", number(&ParallelGrid::get_data_parallel_rank)},
      {"get_data_parallel_world_size", number(&ParallelGrid::get_data_parallel_world_size)},
      {"get_data_parallel_group", ranks_of(&ParallelGrid::get_data_parallel_group)},
      {"get_data_parallel_group_ranks", number(&ParallelGrid::get_data_parallel_group_ranks)},
      {"get_slice_parallel_rank", number(&ParallelGrid::get_slice_parallel_rank)},
      {"get_slice_parallel_world_size", number(&ParallelGrid::get_slice_parallel_world_size)},
      {"get_slice_parallel_group", ranks_of(&ParallelGrid::get_slice_parallel_group)},
      {"get_model_parallel_rank", number(&ParallelGrid::get_model_parallel_rank)},
      {"get_model_parallel_world_size", number(&ParallelGrid::get_model_parallel_world_size)},
      {"get_model_parallel_group", ranks_of(&ParallelGrid::get_model_parallel_group)},
      {"get_pipeline_model_parallel_rank", number(&ParallelGrid::get_pipeline_model_parallel_rank)},
      {"get_pipeline_model_parallel_world_size",
       number(&ParallelGrid::get_pipeline_model_parallel_world_size)},
      {"get_tensor_model_parallel_rank", number(&ParallelGrid::get_tensor_model_parallel_rank)},
      {"get_tensor_model_parallel_world_size", number(&ParallelGrid::get_tensor_model_parallel_world_size)},
  };
  return kColumns;
}

std::vector<ParallelGrid> grids_of(const ProcessTopology& topology, const Recipe& recipe,
                                   const RankMapping& mapping, RankId world_size) {
  const auto plan = std::make_shared<const Plan>(GridSpec{topology, recipe, mapping}, world_size);
  std::vector<ParallelGrid> grids;
  for (RankId rank = 0; rank < world_size; ++rank) grids.emplace_back(plan, rank);
  return grids;
}

Json of_every(const std::vector<ParallelGrid>& grids, const Column& column) {
  Json values = Json::array();
  for (const ParallelGrid& grid : grids) values.push_back(column(grid));
  return values;
}

Json every_stage(const ParallelGrid& grid) {
  Json ranks = Json::array();
  for (RankId stage = 0; stage < grid.pipe_parallel_size(); ++stage)
    ranks.push_back(grid.stage_to_global(stage));
  return ranks;
}

Json stage_with(const ParallelGrid& grid, const Json& args) {
  std::vector<AxisIndex> overrides;
  for (const auto& arg : args.items()) {
    if (arg.key() != "stage_id") overrides.push_back({arg.key(), arg.value()});
  }
  return grid.stage_to_global(args.at("stage_id"), overrides);
}

Json pipe_pairs(const ParallelGrid& grid) {
  Json pairs = Json::array();
  for (RankId rank = 0; rank < grid.world_size(); ++rank) {
    pairs.push_back({grid.p2p_group(rank).rank, grid.p2p_group(rank).next});
  }
  return pairs;
}

Json all_requests(const Plan& plan) {
  Json requests = Json::array();
  for (std::int64_t i = 0; i < plan.request_count(); ++i) requests.push_back(plan.members_of(i).to_vector());
  return requests;
}

// In the shape of the recording; columns are the recorded ones, so that one this project does not know shows.
Json whole_grid(const std::vector<ParallelGrid>& grids, const Json& recorded) {
  const ParallelGrid& any = grids.front();
  Json state = {{"new_group", all_requests(any.plan())},
                {"p2p_groups", pipe_pairs(any)},
                {"dp_groups", lists_of(any.dp_groups())},
                {"pipe_groups", lists_of(any.pipe_groups())},
                {"stage_to_global", of_every(grids, every_stage)}};
  for (const std::string table : {"attr", "method"}) {
    for (const auto& column : recorded.at(table).items()) {
      const auto found = columns().find(column.key());
      state[table][column.key()] = found == columns().end() ? kNotHandled : of_every(grids, found->second);
    }
  }
  // Deviation deepspeed-own: these are always there. DeepSpeed has them only when the model axis is larger
  // than 1.
  const bool has_model_axis = any.model_parallel_size() > 1;
  if (recorded.contains("has_mp_group")) state["has_mp_group"] = has_model_axis;
  if (recorded.contains("has_model_groups")) state["has_model_groups"] = has_model_axis;
  if (recorded.contains("model_groups")) state["model_groups"] = lists_of(any.model_groups());
  return state;
}

ProcessTopology of_sizes(const Json& pp_dp_tp) {
  return pipe_data_tensor({pp_dp_tp.at(0), pp_dp_tp.at(1), pp_dp_tp.at(2)});
}

std::vector<RankId> with(std::vector<RankId> ranks, RankId rank) {
  ranks.push_back(rank);
  return Members::list(std::move(ranks)).to_vector();
}

}  // namespace

Json answer_deepspeed_grid_case(const Json& peer_case) {
  if (peer_case.at("topology").is_null() || !peer_case.at("topology").contains("axes")) return kNotHandled;
  const ProcessTopology topology = recorded_topology(peer_case.at("topology"));
  const RankId world_size = topology.world_size();
  const std::string call = peer_case.at("call");
  const Json& args = peer_case.at("args");
  if (!topology.has_axis("pipe") || !topology.has_axis("data")) return kNotHandled;
  const auto grids = grids_of(topology, deepspeed_recipe(), RankMapping::identity(world_size), world_size);
  if (call == "PipelineParallelGrid on every rank") return whole_grid(grids, peer_case.at("expect"));
  if (call == "stage_to_global")
    return of_every(grids, [&](const ParallelGrid& grid) { return stage_with(grid, args); });
  if (call == "all_reduce_sum(rank, get_pipe_parallel_group())") {
    return of_every(grids, [](const ParallelGrid& grid) {
      const std::vector<RankId> ranks = grid.get_pipe_parallel_group()->members.to_vector();
      return std::accumulate(ranks.begin(), ranks.end(), 0);
    });
  }
  const auto found = columns().find(call);
  return found == columns().end() ? kNotHandled : of_every(grids, found->second);
}

// The first model sits on the first ranks of the world and the second on the last; data goes from the heads
// of the first model's data indexes to the ranks of each data index of the second.
Json answer_areal_layout_case(const Json& peer_case) {
  if (peer_case.at("call") != "layout and data-transfer groups") return kNotHandled;
  const Json& sizes = peer_case.at("topology");
  const RankId world_size = sizes.at("world_size");
  const ProcessTopology from = of_sizes(sizes.at("from_pp_dp_tp"));
  const ProcessTopology to = of_sizes(sizes.at("to_pp_dp_tp"));
  const RankMapping from_ranks = RankMapping::identity(from.world_size());
  const RankMapping to_ranks = RankMapping::offset(to.world_size(), world_size - to.world_size());

  std::vector<RankId> heads;
  for (const ParallelGrid& grid : grids_of(from, areal_recipe(), from_ranks, world_size)) {
    if (grid.is_dp_head()) heads.push_back(grid.world_rank());
  }
  const Plan to_plan({to, areal_recipe(), to_ranks}, world_size);
  const PlanFamily& model = to_plan.families()[*to_plan.find_family("model")];
  Json expected = {{"from_world_ranks", from_ranks.world_ranks().to_vector()},
                   {"to_world_ranks", to_ranks.world_ranks().to_vector()},
                   {"from_dp_heads", heads},
                   {"gather_group", heads}};
  for (RankId i = 0; i < model.count; ++i) {
    expected["to_dp_ranks"].push_back(to_plan.members_of(model.request_of(i)).to_vector());
  }
  for (const RankId head : heads) {
    expected["scatter_groups"].push_back(with(to_ranks.world_ranks().to_vector(), head));
    for (const Json& ranks : expected["to_dp_ranks"]) expected["bcast_groups"].push_back(with(ranks, head));
  }
  return expected;
}

}  // namespace gridlock::testing
