#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/grid/group.h"

namespace gridlock {

/// Which ranks of an enumerated group a family takes, in model order.
enum class MemberSelection : std::uint8_t {
  all,
  /// The first and the last rank, or the only one: ranks of a pipe group that hold a tied embedding.
  first_and_last,
  first,
};

/// Which backend a family's groups get: the grid's default, or gloo for the twins that carry CPU tensors.
enum class BackendChoice : std::uint8_t { grid_default, gloo };

/// One family of a block: every group of the block makes one request for it.
struct RecipeEntry {
  std::string family;
  MemberSelection selection = MemberSelection::all;
  BackendChoice backend = BackendChoice::grid_default;
  /// When not empty: each group of the block is cut into the groups of its ranks that differ on these of the
  /// block's axes only, and makes a request for each of them in turn (Megatron's hierarchical context
  /// groups). The entry is left out when the topology has none of these axes.
  std::vector<std::string> within = {};

  bool operator==(const RecipeEntry&) const = default;
};

/// One loop of a grid's constructor: for each group of a comm list, the requests of `entries` in order.
struct RecipeBlock {
  /// Topology that is enumerated: "" is the grid's own, other names are views given beside it (Megatron's
  /// experts). For a view that the grid does not give it is its own topology.
  std::string view;
  /// The topology numbers the ranks of the world and not those of the model: the rank mapping is not asked,
  /// and no registry either (DeepSpeed's utils/groups.py). Without its view the block is left out.
  bool of_world = false;
  /// Axes on which the members of a group differ; with `all_but` set, all axes but these. An axis that the
  /// topology lacks counts as one of size 1.
  std::vector<std::string> inside;
  bool all_but = false;
  /// Order in which the other axes number the groups, slowest first; empty for topology order. Axes that the
  /// topology lacks are passed over.
  std::vector<std::string> numbering;
  /// The block is left out unless the topology has all of these axes.
  std::vector<std::string> needs;
  std::vector<RecipeEntry> entries;

  bool operator==(const RecipeBlock&) const = default;
};

/// An ordered table of families, as data: how a framework turns a topology into group requests. Names of
/// families are stable and say the same in every recipe (DeepSpeed's "slice" groups are family "tensor"); the
/// gloo twin of family x is family x_gloo.
struct Recipe {
  std::string name;
  /// Axes a topology must have. Each entry is a list of names of which one must be there.
  std::vector<std::vector<std::string>> required_axes;
  /// Whether requests go through a registry that answers repeated ones (AReaL's new_or_get_group).
  bool uses_registry = false;
  std::vector<RecipeBlock> blocks;

  bool operator==(const Recipe&) const = default;
};

/// AReaL v0.5.1, realhf/base/topology.py ParallelGrid.
Recipe areal_recipe();
/// DeepSpeed 0.19.6, deepspeed/runtime/pipe/topology.py PipelineParallelGrid.
Recipe deepspeed_recipe();

/// Megatron core, megatron/core/parallel_state.py initialize_model_parallel, with one optimizer instance and
/// weight rematerialisation groups of one rank, as its main branch makes them. See core/grid/megatron.h for
/// the topology and views that go with it.
Recipe megatron_recipe();

/// Without the gloo twins (Megatron's create_gloo_process_groups=False).
Recipe without_gloo_twins(Recipe recipe);

/// Names that recipe_by_name knows.
std::vector<std::string> recipe_names();
/// Throws InputError (place "recipe") for an unknown name.
Recipe recipe_by_name(std::string_view name);

}  // namespace gridlock
