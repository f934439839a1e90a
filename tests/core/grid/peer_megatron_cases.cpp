// Megatron's parallel state, as its tests initialise it, asked of grids with the recipe megatron.
#include <algorithm>
#include <map>
#include <memory>

#include "core/grid/megatron.h"
#include "core/grid/parallel_grid.h"
#include "tests/core/grid/peer_cases.h"

namespace gridlock::testing {
namespace {

std::shared_ptr<const Plan> plan_of(const MegatronSizes& sizes, RankId world_size) {
  GridLayout layout = megatron_layout(sizes, world_size);
  GridSpec spec{std::move(layout.topology), megatron_recipe(), RankMapping::identity(world_size)};
  spec.views = std::move(layout.views);
  return std::make_shared<const Plan>(std::move(spec), world_size);
}

MegatronSizes recorded_sizes(const Json& topology) {
  MegatronSizes sizes;
  sizes.tensor = topology.value("tensor_model_parallel_size", topology.value("tp", 1));
  sizes.pipe = topology.value("pipeline_model_parallel_size", topology.value("pp", 1));
  sizes.context = topology.value("context_parallel_size", 1);
  sizes.expert = topology.value("expert_model_parallel_size", topology.value("ep", 1));
  sizes.expert_tensor = topology.value("expert_tensor_parallel_size", 0);
  sizes.order = topology.value("order", sizes.order);
  return sizes;
}

Json members(const ParallelGrid& grid, const char* family) {
  return grid.group(family).value().members.to_vector();
}

Json place_in(const ParallelGrid& grid, const char* family) {
  return grid.group(family).value().members.index_of(grid.world_rank());
}

// The accessors of megatron/core/parallel_state.py that its tests ask for.
Json read(const ParallelGrid& grid, const std::string& call) {
  if (call == "get_data_parallel_src_rank") return members(grid, "data").front();
  if (call == "get_pipeline_model_parallel_prev_rank") return grid.prev_world_rank();
  if (call == "get_tensor_model_parallel_world_size") return grid.get_tensor_model_parallel_world_size();
  if (call == "get_data_parallel_world_size") return grid.get_data_parallel_world_size();
  if (call == "get_data_parallel_rank") return grid.get_data_parallel_rank();
  if (call == "get_expert_tensor_parallel_world_size") return members(grid, "expert_tensor").size();
  if (call == "get_expert_tensor_parallel_rank") return place_in(grid, "expert_tensor");
  if (call == "is_pipeline_last_stage") return grid.is_last_stage();
  return kNotHandled;
}

/// The state that Megatron's order tests compare.
Json state(const ParallelGrid& grid) {
  return {{"tp_rank", grid.get_tensor_model_parallel_rank()},
          {"dp_rank", grid.get_data_parallel_rank()},
          {"pp_rank", grid.get_pipe_parallel_rank()},
          {"ep_rank", place_in(grid, "expert")},
          {"tp", members(grid, "tensor")},
          {"dp", members(grid, "data")},
          {"pp", members(grid, "pipe")},
          {"edp", members(grid, "expert_data")},
          {"cp", members(grid, "context")},
          {"mp", members(grid, "model")},
          {"tp_ep", members(grid, "expert_and_tensor")},
          {"tp_dp", members(grid, "tensor_data")},
          {"amax", members(grid, "tensor_data")}};
}

template <typename Ask>
Json of_every_rank(const MegatronSizes& sizes, RankId world_size, Ask&& ask) {
  const std::shared_ptr<const Plan> plan = plan_of(sizes, world_size);
  Json values = Json::array();
  for (RankId rank = 0; rank < world_size; ++rank) values.push_back(ask(ParallelGrid(plan, rank)));
  return values;
}

Json states(MegatronSizes sizes, const char* order, RankId world_size) {
  sizes.order = order;
  return answer_or_refusal([&] { return of_every_rank(sizes, world_size, state); });
}

constexpr const char* kOrders[] = {"tp-ep-dp-pp", "tp-pp-ep-dp"};

// The recording keeps both states besides which of their groups are equal.
Json equality_of_orders(const Json& peer_case, const MegatronSizes& sizes, RankId world_size) {
  const Json first = states(sizes, kOrders[0], world_size);
  const Json second = states(sizes, kOrders[1], world_size);
  const auto is_as_recorded = [](const Json& made, const Json& recorded) {
    return made.is_string() && recorded.is_string() ? made.get<std::string>()[0] == '!' : made == recorded;
  };
  if (!is_as_recorded(first, peer_case.at("first")) || !is_as_recorded(second, peer_case.at("second")))
    return {{"first", first}, {"second", second}};
  // Where the second order is refused there is nothing to compare; the recording says so in its note.
  if (second.is_string()) return peer_case.at("expect");
  Json equal = Json::object();
  for (const auto& group : peer_case.at("expect").items()) {
    bool same = true;
    for (std::size_t rank = 0; rank < first.size(); ++rank)
      same = same && first[rank].at(group.key()) == second[rank].at(group.key());
    equal[group.key()] = same;
  }
  return equal;
}

/// Megatron's group_desc of a family.
const std::map<std::string, std::string>& descriptions() {
  static const std::map<std::string, std::string> kDescriptions = {
      {"weight_remat", "GTP_WEIGHT_REMAT_GROUP"},
      {"data_context", "DATA_PARALLEL_GROUP_WITH_CP"},
      {"data_context_gloo", "DATA_PARALLEL_GROUP_WITH_CP_GLOO"},
      {"data", "DATA_PARALLEL_GROUP"},
      {"data_gloo", "DATA_PARALLEL_GROUP_GLOO"},
      {"context", "CONTEXT_PARALLEL_GROUP"},
      {"model", "MODEL_PARALLEL_GROUP"},
      {"tensor", "TENSOR_MODEL_PARALLEL_GROUP"},
      {"pipe", "PIPELINE_MODEL_PARALLEL_GROUP"},
      {"embedding", "EMBEDDING_GROUP"},
      {"position_embedding", "POSITION_EMBEDDING_GROUP"},
      {"tensor_data_context", "TENSOR_AND_DATA_PARALLEL_GROUP_WITH_CP"},
      {"tensor_data", "TENSOR_AND_DATA_PARALLEL_GROUP"},
      {"tensor_context", "TENSOR_AND_CONTEXT_PARALLEL_GROUP"},
      {"expert_weight_remat", "EXPERT_GTP_WEIGHT_REMAT_GROUP"},
      {"expert", "EXPERT_MODEL_PARALLEL_GROUP"},
      {"expert_tensor", "EXPERT_TENSOR_PARALLEL_GROUP"},
      {"expert_and_tensor", "EXPERT_TENSOR_AND_MODEL_PARALLEL_GROUP"},
      {"expert_model", "EXPERT_TENSOR_MODEL_PIPELINE_PARALLEL_GROUP"},
      {"expert_model_with_remat", "EXPERT_TENSOR_MODEL_PIPELINE_PARALLEL_GROUP_WITH_EGTP"},
      {"expert_data", "EXPERT_DATA_PARALLEL_GROUP"},
      {"expert_data_gloo", "EXPERT_DATA_PARALLEL_GROUP_GLOO"},
      {"optimizer_instance", "INTRA_DISTRIBUTED_OPTIMIZER_INSTANCE_GROUP"},
  };
  return kDescriptions;
}

// Torch sorts the ranks that new_group is given; the one list of the recording that is not sorted is compared
// as torch holds it.
Json creations(const Json& peer_case, const Plan& plan) {
  Json calls = Json::array();
  for (std::int64_t i = 0; i < plan.request_count(); ++i) {
    const GroupSpec asked = plan.request(i);
    std::vector<RankId> ranks = asked.members.to_vector();
    const auto place = static_cast<std::size_t>(i);
    if (place < peer_case.at("expect").size()) {
      std::vector<RankId> passed = peer_case.at("expect")[place][0];
      std::sort(passed.begin(), passed.end());
      if (passed == ranks) ranks = peer_case.at("expect")[place][0].get<std::vector<RankId>>();
    }
    calls.push_back({ranks, backend_name(asked.backend), descriptions().at(asked.name)});
  }
  return calls;
}

}  // namespace

Json answer_megatron_state_case(const Json& peer_case) {
  const std::string call = peer_case.at("call");
  const Json& topology = peer_case.at("topology");
  if (!topology.is_object() || !topology.contains("world_size")) return kNotHandled;
  const RankId world_size = topology.at("world_size");
  const MegatronSizes sizes = recorded_sizes(topology);
  if (call == "initialize_model_parallel")
    return answer_or_refusal([&] { return plan_of(sizes, world_size)->request_count(); });
  if (call == "state of every rank is the same for order tp-ep-dp-pp and tp-pp-ep-dp") {
    const Json first = states(sizes, kOrders[0], world_size);
    const Json second = states(sizes, kOrders[1], world_size);
    return first == second ? first : Json{{"first", first}, {"second", second}};
  }
  if (call == "equality of each group between order tp-ep-dp-pp and tp-pp-ep-dp")
    return equality_of_orders(peer_case, sizes, world_size);
  if (call == "initialize_model_parallel: new_group calls in order [ranks, backend, group_desc]")
    return creations(peer_case, *plan_of(sizes, world_size));
  if (peer_case.at("source").get<std::string>().rfind("megatron", 0) != 0) return kNotHandled;
  const Json answers =
      of_every_rank(sizes, world_size, [&](const ParallelGrid& grid) { return read(grid, call); });
  return answers.front() == kNotHandled ? kNotHandled : answers;
}

}  // namespace gridlock::testing
