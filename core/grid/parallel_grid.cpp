#include "core/grid/parallel_grid.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {

ParallelGrid::ParallelGrid(std::shared_ptr<const Plan> plan, RankId world_rank)
    : plan_(std::move(plan)), world_rank_(world_rank) {
  GRIDLOCK_CHECK(plan_ != nullptr && world_rank >= 0);
  rank_ = plan_->mapping().to_model(world_rank);
  pipe_ = place_on("pipe", "pipe");
  data_ = place_on("data", "data");
  tensor_ = place_on("tensor", "model");
  sequence_ = place_on("sequence", "sequence");
}

ParallelGrid::Place ParallelGrid::place_on(std::string_view axis, std::string_view other_name) const {
  for (const std::string& name : topology().get_axis_names()) {
    if (name != axis && name != other_name) continue;
    return {name, is_member() ? topology().index_on(name, rank_) : kNoRank, topology().get_dim(name)};
  }
  return {"", is_member() ? 0 : kNoRank, 1};
}

GroupList ParallelGrid::lists(const Place& place) const {
  if (!place.axis.empty()) return topology().get_axis_comm_lists(place.axis);
  return topology().comm_lists({});
}

Members ParallelGrid::own_list(const Place& place) const {
  if (!is_member()) return {};
  const GroupList groups = lists(place);
  return groups[groups.index_of(rank_)];
}

RankId ParallelGrid::model_rank_at(const Place& place, RankId index) const {
  return place.axis.empty() ? rank_ : topology().moved(rank_, place.axis, index);
}

RankId ParallelGrid::ds_model_rank() const {
  if (!is_member()) return kNoRank;
  const std::optional<std::int64_t> request = plan_->family_group("model", rank_);
  return request ? plan_->model_members_of(*request).index_of(rank_) : kNoRank;
}

RankId ParallelGrid::ds_model_world_size() const {
  const std::optional<std::size_t> model = plan_->find_family("model");
  return model ? plan_->group_size(*model) : world_size() / data_.size;
}

// The group object is named by the first request with its members and backend. All such requests are of
// groups that this rank is in, so its own requests, at most one a family, are all there is to look at.
MaybeGroup ParallelGrid::group(std::string_view family) const {
  if (!is_member()) return std::nullopt;
  const std::optional<std::int64_t> own = plan_->family_group(family, rank_);
  if (!own) return std::nullopt;
  MpuGroup group{plan_->members_of(*own), plan_->backend_of(*own), *own};
  if (!plan_->families()[*plan_->find_family(family)].uses_registry) return group;
  for (std::size_t other = 0; other < plan_->families().size(); ++other) {
    const PlanFamily& candidate = plan_->families()[other];
    if (!candidate.uses_registry || candidate.first >= group.place || candidate.backend != group.backend)
      continue;
    const std::optional<std::int64_t> request = plan_->family_group(other, rank_);
    if (request && *request < group.place && plan_->members_of(*request) == group.members)
      group.place = *request;
  }
  return group;
}

ParallelGrid::PipePair ParallelGrid::p2p_group(RankId model_rank) const {
  if (pipe_.axis.empty()) return {rank_mapping().to_world(model_rank), rank_mapping().to_world(model_rank)};
  const RankId next_stage = (topology().index_on(pipe_.axis, model_rank) + 1) % pipe_.size;
  return {rank_mapping().to_world(model_rank),
          rank_mapping().to_world(topology().moved(model_rank, pipe_.axis, next_stage))};
}

RankId ParallelGrid::next_pipe_stage() const {
  return is_member() ? (pipe_.index + 1) % pipe_.size : kNoRank;
}

RankId ParallelGrid::prev_pipe_stage() const {
  return is_member() ? (pipe_.index + pipe_.size - 1) % pipe_.size : kNoRank;
}

RankId ParallelGrid::next_world_rank() const {
  return is_member() ? rank_mapping().to_world(model_rank_at(pipe_, next_pipe_stage())) : kNoRank;
}

RankId ParallelGrid::prev_world_rank() const {
  return is_member() ? rank_mapping().to_world(model_rank_at(pipe_, prev_pipe_stage())) : kNoRank;
}

bool ParallelGrid::is_dp_head() const { return is_member() && is_last_stage() && tensor_.index == 0; }

bool ParallelGrid::is_grid_valid() const {
  return std::int64_t{pipe_.size} * data_.size * tensor_.size == world_size();
}

RankId ParallelGrid::stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const {
  if (!is_member()) return kNoRank;
  if (stage < 0 || stage >= pipe_.size) {
    throw InputError("stage_to_global", fmt::format("there is no pipeline stage {}, the stages are 0 to {}",
                                                    stage, pipe_.size - 1));
  }
  RankId rank = model_rank_at(pipe_, stage);
  for (const AxisIndex& part : overrides) {
    const bool is_alias = !topology().has_axis(part.axis) && (part.axis == "model" || part.axis == "tensor");
    const std::string_view axis =
        is_alias && !tensor_.axis.empty() ? tensor_.axis : std::string_view(part.axis);
    rank = topology().moved(rank, axis, part.index);
  }
  return rank;
}

std::vector<RankId> ParallelGrid::get_data_parallel_group_ranks() const {
  const MaybeGroup own = dp_proc_group();
  return own ? own->members.to_vector() : std::vector<RankId>{};
}

std::optional<std::vector<RankPair>> ParallelGrid::attribute_p2p_groups() const {
  std::vector<RankPair> pairs;
  for (RankId rank = 0; rank < world_size(); ++rank) {
    const PipePair pair = p2p_group(rank);
    pairs.push_back({pair.rank, pair.next});
  }
  return pairs;
}

// DeepSpeed pads the index in a rank string to two digits; AReaL to the digits of the world size.
std::optional<MpuTopology> ParallelGrid::attribute_topo() const {
  return MpuTopology{&topology(), plan_->spec().recipe.name == "deepspeed" ? 2 : 0};
}

// DeepSpeed takes an mpu that has initialize_sequence_parallel for one that knows nothing but sequence
// parallelism (utils/groups.py, ZeRO), so a grid must not have it. get_pipeline_parallel_world_size is a
// third name for the number of stages that is tried before the others and that neither AReaL nor Megatron nor
// DeepSpeed's own grid has.
bool ParallelGrid::has(Accessor accessor) const {
  switch (accessor) {
    case Accessor::initialize_sequence_parallel:
    case Accessor::get_pipeline_parallel_world_size:
    // Names of modules, not of grids: AutoTP's own set-up and Megatron's layer classes.
    case Accessor::_init_tp_mesh_device:
    case Accessor::ColumnParallelLinear:
    case Accessor::RowParallelLinear:
      return false;
    case Accessor::get_sequence_parallel_rank:
    case Accessor::get_sequence_parallel_world_size:
    case Accessor::get_sequence_parallel_group:
    case Accessor::get_sequence_data_parallel_rank:
    case Accessor::get_sequence_data_parallel_world_size:
    case Accessor::get_sequence_data_parallel_group:
      return !sequence_.axis.empty();
    default:
      return true;
  }
}

}  // namespace gridlock
