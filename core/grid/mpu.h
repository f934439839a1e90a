#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/axis.h"
#include "core/base/units.h"
#include "core/grid/group.h"

namespace gridlock {

class ProcessTopology;

/// Every name that DeepSpeed (0.14.0 to 0.19.6) reads from the `mpu` or grid object it is given, spelled as
/// it spells them. One row per name in the accessor table (core/mpu/accessor_table.h: kind, meaning, since
/// which version, providers).
// clang-format off
#define GRIDLOCK_MPU_NUMBERS(X)              \
  X(get_model_parallel_rank)                 \
  X(get_model_parallel_world_size)           \
  X(get_tensor_model_parallel_rank)          \
  X(get_tensor_model_parallel_world_size)    \
  X(get_tensor_model_parallel_src_rank)      \
  X(get_slice_parallel_rank)                 \
  X(get_slice_parallel_world_size)           \
  X(get_pipe_parallel_rank)                  \
  X(get_pipe_parallel_world_size)            \
  X(get_pipeline_model_parallel_rank)        \
  X(get_pipeline_model_parallel_world_size)  \
  X(get_pipeline_parallel_world_size)        \
  X(get_data_parallel_rank)                  \
  X(get_data_parallel_world_size)            \
  X(get_data_parallel_id)                    \
  X(get_stage_id)                            \
  X(get_global_rank)                         \
  X(get_sequence_parallel_rank)              \
  X(get_sequence_parallel_world_size)        \
  X(get_sequence_data_parallel_rank)         \
  X(get_sequence_data_parallel_world_size)
#define GRIDLOCK_MPU_GROUPS(X)               \
  X(get_model_parallel_group)                \
  X(get_tensor_model_parallel_group)         \
  X(get_tensor_model_parallel_cpu_group)     \
  X(get_slice_parallel_group)                \
  X(get_pipe_parallel_group)                 \
  X(get_pipeline_model_parallel_group)       \
  X(get_data_parallel_group)                 \
  X(get_data_parallel_group_gloo)            \
  X(get_sequence_parallel_group)             \
  X(get_sequence_data_parallel_group)
#define GRIDLOCK_MPU_OTHERS(X)               \
  X(get_data_parallel_group_ranks)           \
  X(stage_to_global)                         \
  X(initialize_sequence_parallel)            \
  X(data_parallel_size)                      \
  X(data_parallel_id)                        \
  X(pipe_parallel_size)                      \
  X(model_parallel_size)                     \
  X(pp_group)                                \
  X(p2p_groups)                              \
  X(_topo)                                   \
  X(_init_tp_mesh_device)                    \
  X(ColumnParallelLinear)                    \
  X(RowParallelLinear)
#define GRIDLOCK_MPU_ACCESSORS(X) GRIDLOCK_MPU_NUMBERS(X) GRIDLOCK_MPU_GROUPS(X) GRIDLOCK_MPU_OTHERS(X)
// clang-format on

/// One value per name, in the order of the tables above.
enum class Accessor : std::uint8_t {
#define GRIDLOCK_NAME(name) name,
  GRIDLOCK_MPU_ACCESSORS(GRIDLOCK_NAME)
#undef GRIDLOCK_NAME
};

#define GRIDLOCK_ONE(name) +1
/// Number of accessors; their enumerators count from 0.
inline constexpr std::size_t kAccessorCount = 0 GRIDLOCK_MPU_ACCESSORS(GRIDLOCK_ONE);
#undef GRIDLOCK_ONE

/// All accessors in declaration order.
std::span<const Accessor> all_accessors();
std::string_view accessor_name(Accessor accessor);
std::optional<Accessor> accessor_from_name(std::string_view name);

/// A group as an accessor hands it out. `place` tells equal-member groups apart: two accessors that return
/// the same group object return the same place (for a grid: the index of the creation in its plan).
struct MpuGroup {
  Members members;
  BackendKind backend = BackendKind::nccl;
  std::int64_t place = 0;

  bool operator==(const MpuGroup&) const = default;
};

/// What DeepSpeed's Python would get: std::nullopt is Python's None (rank is not in such a group).
using MaybeGroup = std::optional<MpuGroup>;

/// The `_topo` attribute: what DeepSpeed's pipe module names layers and checkpoint files by. `topology`
/// belongs to the mpu and lives as long as it. `index_digits` is what its get_rank_repr() pads an index to: 2
/// in DeepSpeed, 0 (as many as the world size has) in AReaL.
struct MpuTopology {
  const ProcessTopology* topology = nullptr;
  int index_digits = 0;
};

/// One entry of p2p_groups: a rank and the rank of the next stage of its pipeline, as absolute ranks.
using RankPair = std::array<RankId, 2>;

/// The `mpu` contract: what a grid object answers to DeepSpeed, for one rank. Implemented by ParallelGrid and
/// by MockMpu. No call parks the rank, none creates a group. Ranks are absolute unless the name says
/// otherwise; a rank that is not a member of the model gets -1, sizes of the model, and std::nullopt for
/// groups.
class Mpu {
 public:
  virtual ~Mpu() = default;

  /// Python's hasattr: whether the object has that name at all. Reading a name it lacks is an AttributeError
  /// in Python and a failed GRIDLOCK_CHECK here, so probes ask first exactly where DeepSpeed does.
  virtual bool has(Accessor accessor) const = 0;

#define GRIDLOCK_NUMBER(name) virtual std::int64_t name() const = 0;
  GRIDLOCK_MPU_NUMBERS(GRIDLOCK_NUMBER)
#undef GRIDLOCK_NUMBER
#define GRIDLOCK_GROUP(name) virtual MaybeGroup name() const = 0;
  GRIDLOCK_MPU_GROUPS(GRIDLOCK_GROUP)
#undef GRIDLOCK_GROUP

  /// Absolute ranks of the data-parallel group in group order; empty for a non-member.
  virtual std::vector<RankId> get_data_parallel_group_ranks() const = 0;
  /// Rank of the model's ranks (model-local as in the reference, see docs/deviations.md) with pipeline stage
  /// `stage` and otherwise the caller's own coordinates, of which `overrides` replaces some by axis name
  /// ("model" is accepted for "tensor"); kNoRank for a non-member. Throws InputError for a stage, index or
  /// axis that does not exist.
  virtual RankId stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const = 0;

  // The attributes (not methods) of a grid. DeepSpeed's pipe engine, pipe module and p2p read them; whether
  // the object has one is has(), as for methods. The defaults answer from the methods that carry the same
  // value, so that an implementation overrides them only when it has something else to say.

  /// Requires: one of data_parallel_size, data_parallel_id, pipe_parallel_size, model_parallel_size. The last
  /// is the size of the tensor axis, which DeepSpeed's own grid calls "model".
  virtual std::int64_t attribute_number(Accessor attribute) const;
  /// pp_group: the ranks of the own pipeline in stage order, in the numbering of stage_to_global (model-local
  /// in the reference); empty for a non-member.
  virtual std::vector<RankId> attribute_pp_group() const;
  /// p2p_groups: one pair for every rank of the model in model order, wrap-around included; std::nullopt when
  /// the object cannot tell. O(model size).
  virtual std::optional<std::vector<RankPair>> attribute_p2p_groups() const { return std::nullopt; }
  /// _topo; std::nullopt when the object has none.
  virtual std::optional<MpuTopology> attribute_topo() const { return std::nullopt; }
};

/// Reads the accessor that is chosen at run time. Requires: `mpu` has it; a number accessor, resp. a group
/// accessor.
std::int64_t read_number(const Mpu& mpu, Accessor accessor);
MaybeGroup read_group(const Mpu& mpu, Accessor accessor);

}  // namespace gridlock
