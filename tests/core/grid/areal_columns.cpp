// How each column of the recording is read from a ParallelGrid of this project.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "tests/core/grid/areal_scenario.h"

namespace gridlock::testing {
namespace {

using Column = std::function<Json(const RankView&)>;
using Columns = std::map<std::string, Column>;

template <typename Value>
Column number(Value (ParallelGrid::*read)() const) {
  return [read](const RankView& view) { return Json((view.grid.*read)()); };
}

Column list(Members (ParallelGrid::*read)() const) {
  return [read](const RankView& view) { return Json((view.grid.*read)().to_vector()); };
}

Column lists(GroupList (ParallelGrid::*read)() const) {
  return [read](const RankView& view) { return lists_of((view.grid.*read)()); };
}

Column held(MaybeGroup (ParallelGrid::*read)() const) {
  return [read](const RankView& view) { return group_reference(view, (view.grid.*read)()); };
}

// The recorder wrote null where a rank is not in the model.
template <typename Value>
Column of_members(Value (ParallelGrid::*read)() const) {
  return [read](const RankView& view) {
    return view.grid.is_member() ? Json((view.grid.*read)()) : Json(nullptr);
  };
}

Json every_stage(const RankView& view, const std::vector<AxisIndex>& overrides) {
  Json ranks = Json::array();
  for (RankId stage = 0; stage < view.grid.pipe_parallel_size(); ++stage) {
    ranks.push_back(view.grid.stage_to_global(stage, overrides));
  }
  return ranks;
}

Json every_stage_here(const RankView& view) { return every_stage(view, {}); }
Json every_stage_at_data_0(const RankView& view) { return every_stage(view, {{"data", 0}}); }

Json stage_beyond_the_last(const RankView& view) {
  const Json answer =
      answer_or_refusal([&] { return view.grid.stage_to_global(view.grid.pipe_parallel_size()); });
  return answer.is_string() ? Json("!") : answer;
}

Json pipe_pairs(const RankView& view) {
  Json pairs = Json::array();
  for (RankId rank = 0; rank < view.grid.world_size(); ++rank) {
    const ParallelGrid::PipePair pair = view.grid.p2p_group(rank);
    pairs.push_back({pair.rank, pair.next});
  }
  return pairs;
}

Json value_of(const Columns& columns, const std::string& name, const RankView& view) {
  const auto found = columns.find(name);
  if (found != columns.end()) return found->second(view);
  ADD_FAILURE() << "the recording has a column '" << name << "' that this test does not know";
  return nullptr;
}

}  // namespace

Json attribute(const std::string& name, const RankView& view) {
  static const Columns columns = {
      {"global_rank", number(&ParallelGrid::global_rank)},
      {"stage_id", number(&ParallelGrid::stage_id)},
      {"data_parallel_id", number(&ParallelGrid::data_parallel_id)},
      {"ds_model_rank", number(&ParallelGrid::ds_model_rank)},
      {"ds_model_world_size", number(&ParallelGrid::ds_model_world_size)},
      {"dp_group", list(&ParallelGrid::dp_group)},
      {"pp_group", list(&ParallelGrid::pp_group)},
      {"slice_group", list(&ParallelGrid::slice_group)},
      {"mp_group", list(&ParallelGrid::mp_group)},
      {"is_first_stage", number(&ParallelGrid::is_first_stage)},
      {"is_last_stage", number(&ParallelGrid::is_last_stage)},
      {"ds_model_proc_group", held(&ParallelGrid::ds_model_proc_group)},
      {"ds_model_proc_group_gloo", held(&ParallelGrid::ds_model_proc_group_gloo)},
      {"dp_proc_group", held(&ParallelGrid::dp_proc_group)},
      {"dp_proc_group_gloo", held(&ParallelGrid::dp_proc_group_gloo)},
      {"pp_proc_group", held(&ParallelGrid::pp_proc_group)},
      {"pp_proc_group_gloo", held(&ParallelGrid::pp_proc_group_gloo)},
      {"embedding_proc_group", held(&ParallelGrid::embedding_proc_group)},
      {"position_embedding_proc_group", held(&ParallelGrid::position_embedding_proc_group)},
      {"slice_proc_group", held(&ParallelGrid::slice_proc_group)},
      {"slice_proc_group_gloo", held(&ParallelGrid::slice_proc_group_gloo)},
      {"tp_dp_proc_group", held(&ParallelGrid::tp_dp_proc_group)},
  };
  return value_of(columns, name, view);
}

Json method(const std::string& name, const RankView& view) {
  static const Columns columns = {
      {"get_stage_id", number(&ParallelGrid::get_stage_id)},
      {"get_data_parallel_id", number(&ParallelGrid::get_data_parallel_id)},
      {"get_global_rank", number(&ParallelGrid::get_global_rank)},
      {"get_pipe_parallel_rank", number(&ParallelGrid::get_pipe_parallel_rank)},
      {"get_pipe_parallel_world_size", number(&ParallelGrid::get_pipe_parallel_world_size)},
      {"get_pipe_parallel_group", held(&ParallelGrid::get_pipe_parallel_group)},
      {"get_data_parallel_rank", number(&ParallelGrid::get_data_parallel_rank)},
      {"get_data_parallel_world_size", number(&ParallelGrid::get_data_parallel_world_size)},
      {"get_data_parallel_group", held(&ParallelGrid::get_data_parallel_group)},
      {"get_data_parallel_group_gloo", held(&ParallelGrid::get_data_parallel_group_gloo)},
      {"get_model_parallel_rank", number(&ParallelGrid::get_model_parallel_rank)},
      {"get_model_parallel_world_size", number(&ParallelGrid::get_model_parallel_world_size)},
      {"get_model_parallel_group", held(&ParallelGrid::get_model_parallel_group)},
      {"get_tensor_model_parallel_rank", number(&ParallelGrid::get_tensor_model_parallel_rank)},
      {"get_tensor_model_parallel_world_size", number(&ParallelGrid::get_tensor_model_parallel_world_size)},
      {"get_tensor_model_parallel_group", held(&ParallelGrid::get_tensor_model_parallel_group)},
      {"get_tensor_model_parallel_cpu_group", held(&ParallelGrid::get_tensor_model_parallel_cpu_group)},
      {"_is_grid_valid", number(&ParallelGrid::is_grid_valid)},
      {"stage_to_global", every_stage_here},
      {"stage_to_global_data0", every_stage_at_data_0},
      {"stage_to_global_out_of_range", stage_beyond_the_last},
  };
  return value_of(columns, name, view);
}

Json derived(const std::string& name, const RankView& view) {
  static const Columns columns = {
      {"next_pipe_stage", of_members(&ParallelGrid::next_pipe_stage)},
      {"prev_pipe_stage", of_members(&ParallelGrid::prev_pipe_stage)},
      {"next_world_rank", of_members(&ParallelGrid::next_world_rank)},
      {"prev_world_rank", of_members(&ParallelGrid::prev_world_rank)},
      {"is_dp_head", of_members(&ParallelGrid::is_dp_head)},
  };
  return value_of(columns, name, view);
}

Json shared_value(const std::string& name, const RankView& view) {
  static const Columns columns = {
      {"world_size", number(&ParallelGrid::world_size)},
      {"data_parallel_size", number(&ParallelGrid::data_parallel_size)},
      {"pipe_parallel_size", number(&ParallelGrid::pipe_parallel_size)},
      {"model_parallel_size", number(&ParallelGrid::model_parallel_size)},
      {"slice_parallel_size", number(&ParallelGrid::slice_parallel_size)},
      {"dp_groups", lists(&ParallelGrid::dp_groups)},
      {"pipe_groups", lists(&ParallelGrid::pipe_groups)},
      {"model_groups", lists(&ParallelGrid::model_groups)},
      {"p2p_groups", pipe_pairs},
  };
  return value_of(columns, name, view);
}

}  // namespace gridlock::testing
