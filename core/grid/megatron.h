#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/grid/plan.h"

namespace gridlock {

/// The views that megatron_recipe() looks at.
inline constexpr const char* kMegatronExpertView = "expert";
inline constexpr const char* kMegatronContextView = "context_levels";
/// Hierarchical context groups have at most this many levels.
inline constexpr int kMegatronContextLevelMax = 4;

/// The sizes that Megatron core's initialize_model_parallel takes, by the names of its arguments.
struct MegatronSizes {
  std::int64_t tensor = 1;
  std::int64_t pipe = 1;
  std::int64_t context = 1;
  std::int64_t expert = 1;
  /// 0: as tensor.
  std::int64_t expert_tensor = 0;
  /// hierarchical_context_parallel_sizes, the fastest level first; empty: no hierarchy.
  std::vector<std::int64_t> context_levels = {};
  /// Axes from the fastest to the slowest: tp, cp, ep, dp, pp in any order. An axis of size 1 may be left
  /// out.
  std::string order = "tp-cp-ep-dp-pp";
};

/// A topology and the views beside it.
struct GridLayout {
  ProcessTopology topology;
  std::vector<TopologyView> views;
};

/// How Megatron core lays `world_size` ranks out: axes pipe, data, context (when larger than 1) and tensor in
/// the order that `sizes.order` says; a view "expert" (axes pipe, expert_data, expert, expert_tensor) when
/// experts are laid out otherwise than the dense part; a view "context_levels" for hierarchical context
/// groups. Throws InputError (place "megatron") for what Megatron refuses: sizes that do not divide the
/// world, an unknown or repeated axis in the order, an axis larger than 1 that the order lacks, context
/// levels that do not multiply to the context size, and pipe groups of dense and expert part that differ.
GridLayout megatron_layout(const MegatronSizes& sizes, std::int64_t world_size);

}  // namespace gridlock
