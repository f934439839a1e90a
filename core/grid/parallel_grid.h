#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "core/grid/mpu.h"
#include "core/grid/plan.h"

namespace gridlock {

/// A plan seen from one rank of the world: every attribute and accessor of AReaL's ParallelGrid and
/// DeepSpeed's PipelineParallelGrid, and the mpu contract. Cheap to make (no memory or time that grows with
/// the world) and cheap to ask. Reading it never parks a rank and creates no group.
///
/// Rank spaces, as in the reference: `global_rank`, the lists (dp_group, pp_group, slice_group, dp_groups,
/// pipe_groups, model_groups) and stage_to_global speak of the model's ranks; p2p_groups, members of groups,
/// src and buddy ranks are world ranks. The model rank is the key of the rank mapping. For a rank that is not
/// in the model indexes are -1, lists are empty and groups are std::nullopt, while sizes are the model's.
class ParallelGrid : public Mpu {
 public:
  /// Requires: plan != nullptr, world_rank >= 0. The plan is shared by the grids of all ranks of a world.
  ParallelGrid(std::shared_ptr<const Plan> plan, RankId world_rank);

  const Plan& plan() const { return *plan_; }
  const ProcessTopology& topology() const { return plan_->topology(); }
  const RankMapping& rank_mapping() const { return plan_->mapping(); }
  RankId world_rank() const { return world_rank_; }
  bool is_member() const { return rank_ != kNoRank; }

  // Attributes of the reference.
  RankId global_rank() const { return rank_; }
  RankId world_size() const { return topology().world_size(); }
  RankId data_parallel_size() const { return data_.size; }
  RankId pipe_parallel_size() const { return pipe_.size; }
  RankId model_parallel_size() const { return tensor_.size; }
  RankId slice_parallel_size() const { return tensor_.size; }
  RankId stage_id() const { return pipe_.index; }
  RankId data_parallel_id() const { return data_.index; }
  bool is_first_stage() const { return pipe_.index == 0; }
  bool is_last_stage() const { return pipe_.index == pipe_.size - 1; }
  /// Place of this rank in its ds_model group (all ranks of one data index), in model order.
  RankId ds_model_rank() const;
  RankId ds_model_world_size() const;
  Members dp_group() const { return own_list(data_); }
  Members pp_group() const { return own_list(pipe_); }
  Members slice_group() const { return own_list(tensor_); }
  /// Empty on every rank, as in the reference, which never fills it.
  Members mp_group() const { return {}; }
  GroupList dp_groups() const { return lists(data_); }
  GroupList pipe_groups() const { return lists(pipe_); }
  GroupList model_groups() const { return lists(tensor_); }
  MaybeGroup ds_model_proc_group() const { return group("model"); }
  MaybeGroup ds_model_proc_group_gloo() const { return group("model_gloo"); }
  MaybeGroup dp_proc_group() const { return group("data"); }
  MaybeGroup dp_proc_group_gloo() const { return group("data_gloo"); }
  MaybeGroup pp_proc_group() const { return group("pipe"); }
  MaybeGroup pp_proc_group_gloo() const { return group("pipe_gloo"); }
  MaybeGroup embedding_proc_group() const { return group("embedding"); }
  MaybeGroup position_embedding_proc_group() const { return group("position_embedding"); }
  MaybeGroup slice_proc_group() const { return group("tensor"); }
  MaybeGroup slice_proc_group_gloo() const { return group("tensor_gloo"); }
  MaybeGroup tp_dp_proc_group() const { return group("tensor_data"); }
  /// Group of a family by name; std::nullopt when the plan has no such family or this rank is in none of its
  /// groups.
  MaybeGroup group(std::string_view family) const;

  /// World ranks of a model rank and of the next stage of its pipeline (the last stage's next is the first).
  struct PipePair {
    RankId rank = 0;
    RankId next = 0;
    bool operator==(const PipePair&) const = default;
  };
  /// The reference's p2p_groups[model_rank]; the list has world_size() entries. No groups are made for them.
  PipePair p2p_group(RankId model_rank) const;

  // What users of the grid derive from it; kNoRank for non-members.
  RankId next_pipe_stage() const;
  RankId prev_pipe_stage() const;
  /// World rank of the same data and tensor index on the next or previous stage.
  RankId next_world_rank() const;
  RankId prev_world_rank() const;
  /// Whether this rank speaks for its data index: last stage, tensor index 0.
  bool is_dp_head() const;
  /// Whether pipe, data and tensor sizes multiply to the model's size (false with further axes).
  bool is_grid_valid() const;

  bool has(Accessor accessor) const override;
#define GRIDLOCK_NUMBER(name) std::int64_t name() const override;
  GRIDLOCK_MPU_NUMBERS(GRIDLOCK_NUMBER)
#undef GRIDLOCK_NUMBER
#define GRIDLOCK_GROUP(name) MaybeGroup name() const override;
  GRIDLOCK_MPU_GROUPS(GRIDLOCK_GROUP)
#undef GRIDLOCK_GROUP
  std::vector<RankId> get_data_parallel_group_ranks() const override;
  RankId stage_to_global(RankId stage, std::span<const AxisIndex> overrides = {}) const override;
  std::optional<std::vector<RankPair>> attribute_p2p_groups() const override;
  std::optional<MpuTopology> attribute_topo() const override;

 private:
  struct Place {
    /// Axis as the topology spells it; empty when it has none, which counts as size 1.
    std::string_view axis;
    RankId index = kNoRank;
    RankId size = 1;
  };

  Place place_on(std::string_view axis, std::string_view other_name) const;
  Members own_list(const Place& place) const;
  GroupList lists(const Place& place) const;
  RankId model_rank_at(const Place& place, RankId index) const;
  RankId neighbour_stage(RankId step) const;

  /// Shared by the grids of all ranks of a world, whose lifetimes end in any order.
  std::shared_ptr<const Plan> plan_;
  RankId world_rank_;
  RankId rank_;
  Place pipe_;
  Place data_;
  Place tensor_;
  Place sequence_;
};

}  // namespace gridlock
