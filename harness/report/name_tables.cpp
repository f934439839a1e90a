#include "harness/report/name_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <utility>

#include "core/data/dtype.h"
#include "core/data/reduce_op.h"
#include "core/grid/parallel_grid.h"
#include "core/grid/plan.h"
#include "core/grid/recipe.h"
#include "core/mpu/accessor_table.h"

namespace gridlock {
namespace {

std::string dtypes_text() {
  std::string text =
      "\n### Element types\n\nTypes without a number of NCCL's work in the simulator and on Gloo.\n\n"
      "| dtype | bytes | ncclDataType_t |\n|---|---|---|\n";
  for (const DTypeInfo& info : all_dtypes()) {
    text += fmt::format("| `{}` | {} | {} |\n", info.name, info.size,
                        info.nccl_number ? std::to_string(*info.nccl_number) : "");
  }
  return text;
}

std::string reduce_ops_text() {
  std::string text =
      "\n### Reduce operations\n\n`premul_sum` multiplies every input by `scalar` and adds up; NCCL numbers "
      "it when it "
      "is made.\n\n| op | ncclRedOp_t |\n|---|---|\n";
  for (const ReduceOpInfo& info : all_reduce_ops()) {
    text +=
        fmt::format("| `{}` | {} |\n", info.name, info.nccl_number ? std::to_string(*info.nccl_number) : "");
  }
  return text;
}

/// "`a`, `b`", without the second name of the tensor axis.
std::string axes_text(std::vector<std::string> axes) {
  std::erase(axes, "model");
  return fmt::format("`{}`", fmt::join(axes, "`, `"));
}

std::string block_text(const RecipeBlock& block) {
  if (block.inside.empty()) return block.all_but ? "all ranks of the grid" : "single ranks";
  if (block.all_but) return fmt::format("ranks that agree on {}", axes_text(block.inside));
  if (block.view.empty()) return fmt::format("ranks that differ only on {}", axes_text(block.inside));
  return fmt::format("ranks that differ only on {}, as far as the view `{}` has them{}",
                     axes_text(block.inside), block.view,
                     block.of_world ? "; of the world, whatever the mapping is" : "");
}

std::string members_text(const RecipeBlock& block, const RecipeEntry& entry) {
  std::string text = block_text(block);
  if (entry.selection == MemberSelection::first_and_last) text = "first and last of the " + text;
  if (entry.selection == MemberSelection::first) text = "first of the " + text;
  if (!entry.within.empty())
    text = fmt::format("of each group of `{}`, ranks that differ only on {}", block.entries.front().family,
                       axes_text(entry.within));
  for (const std::string& axis : block.needs) text += fmt::format("; on grids with the axis `{}`", axis);
  return text;
}

std::string families_text() {
  std::string text =
      "\n### Group families\n\nA family is one kind of group of a grid; each rank of the grid is in at most "
      "one group of "
      "it, which steps call `\"<grid>.<family>\"`. An axis that the topology lacks counts as one of size 1; "
      "`model` is another name of the axis `tensor`. Families are listed in the order in which they are "
      "created.\n\n| recipe | family | members of a group | backend "
      "|\n|---|---|---|---|\n";
  for (const std::string& name : recipe_names()) {
    for (const RecipeBlock& block : recipe_by_name(name).blocks) {
      for (const RecipeEntry& entry : block.entries) {
        text += fmt::format("| `{}` | `{}` | {} | {} |\n", name, entry.family, members_text(block, entry),
                            entry.backend == BackendChoice::gloo ? "gloo" : "the grid's");
      }
    }
  }
  return text;
}

std::string kind_text(AccessorKind kind) {
  switch (kind) {
    case AccessorKind::group:
      return "ranks of a group, or null";
    case AccessorKind::ranks:
      return "list of ranks";
    case AccessorKind::number:
    case AccessorKind::attribute:
    case AccessorKind::call:
      return "number";
  }
  return "";
}

/// A grid with all axes that make accessors appear.
ParallelGrid grid_with_all_axes() {
  ProcessTopology topology({"pipe", "data", "sequence", "tensor"}, {1, 1, 1, 1});
  GridSpec spec{std::move(topology), areal_recipe(), RankMapping::identity(1)};
  return {std::make_shared<const Plan>(std::move(spec), 1), 0};
}

/// Whether a scenario can write the answer: the topology and the list of pairs have no form in JSON.
bool can_be_expected(const ParallelGrid& grid, Accessor accessor) {
  return grid.has(accessor) && accessor != Accessor::_topo && accessor != Accessor::p2p_groups;
}

std::string accessors_text() {
  const ParallelGrid grid = grid_with_all_axes();
  std::string text =
      "\n### Accessors\n\nWhat DeepSpeed and its users ask a grid. The sequence accessors exist on grids "
      "with the axis "
      "`sequence`. Ranks outside the grid get -1 for their own places and no groups.\n\n"
      "| accessor | answer | meaning |\n|---|---|---|\n";
  for (const AccessorInfo& info : accessor_table()) {
    if (!can_be_expected(grid, info.accessor)) continue;
    const bool is_list = info.accessor == Accessor::pp_group;
    text += fmt::format("| `{}` | {} | {} |\n", accessor_name(info.accessor),
                        is_list ? kind_text(AccessorKind::ranks) : kind_text(info.kind), info.meaning);
  }
  return text;
}

}  // namespace

std::string names_text() {
  return "\n## Names\n" + dtypes_text() + reduce_ops_text() + families_text() + accessors_text();
}

}  // namespace gridlock
