#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/grid/group.h"
#include "core/grid/rank_mapping.h"
#include "core/grid/recipe.h"
#include "core/grid/topology.h"

namespace gridlock {

/// A second way to number the ranks of a grid, e.g. Megatron's expert layout.
struct TopologyView {
  std::string name;
  ProcessTopology topology;
};

/// Everything a grid is made of. The name that a scenario gives it is no part: equal specs make one plan.
struct GridSpec {
  ProcessTopology topology;
  Recipe recipe;
  RankMapping mapping;
  BackendKind backend = BackendKind::nccl;
  Nanos timeout = kGroupTimeoutDefault;
  std::vector<TopologyView> views = {};
};

/// One family as it appears in a plan: `count` requests, one for each group. Its groups come in runs of `run`
/// neighbours, and run i starts `step` after run i - 1 (runs are longer than 1 only in hierarchical
/// families).
struct PlanFamily {
  std::string name;
  std::int64_t first = 0;
  std::int64_t step = 1;
  RankId run = 1;
  RankId count = 0;
  BackendKind backend = BackendKind::nccl;
  MemberSelection selection = MemberSelection::all;
  std::size_t block = 0;
  /// Whether requests go through the grid's registry.
  bool uses_registry = false;
  /// Whether the groups are of world ranks whatever the mapping says (RecipeBlock::of_world).
  bool of_world = false;

  /// The request for a group. Requires: 0 <= group < count.
  std::int64_t request_of(RankId group) const { return first + group / run * step + group % run; }
};

/// One request of a plan: group `group` of a family.
struct PlanRequest {
  std::size_t family = 0;
  RankId group = 0;
};

/// The ordered requests for groups that a grid makes: a pure function of its GridSpec, the same on every
/// rank, members or not. Any request is computed by arithmetic; nothing grows with the world but the table of
/// a permuted mapping. A value, immutable after construction; the single source of truth for what groups
/// exist.
class Plan {
 public:
  /// Throws InputError when the recipe cannot be laid on the topology: a required axis is missing, the axes
  /// "tensor" and "model" (two names of one thing) are both there, a view is of another size or has groups on
  /// an axis that are not the topology's groups on it (HyperCommGrid's shared dimensions), a family appears
  /// twice, the mapping's size is not the topology's, the timeout is not positive, or a rank of the mapping
  /// is not in a world of `world_size`. A view that only blocks of the world look at has the world's size and
  /// is compared with nothing.
  Plan(GridSpec spec, RankId world_size);

  const GridSpec& spec() const { return spec_; }
  const ProcessTopology& topology() const { return spec_.topology; }
  const RankMapping& mapping() const { return spec_.mapping; }

  /// Number of requests: the sum over blocks of what their entries ask for.
  std::int64_t request_count() const { return request_count_; }
  /// What request i passes; its name is the family. Requires: 0 <= i < request_count(). O(axes) for
  /// arithmetic mappings.
  GroupSpec request(std::int64_t i) const;
  /// Sorted world members of request i.
  Members members_of(std::int64_t i) const;
  BackendKind backend_of(std::int64_t i) const { return families_[locate(i).family].backend; }
  /// Family and group of request i.
  PlanRequest locate(std::int64_t i) const;

  std::span<const PlanFamily> families() const { return families_; }
  /// Position in families(), or nothing for a name that this plan has not.
  std::optional<std::size_t> find_family(std::string_view name) const;
  /// Request whose group of `family` holds a model rank; nothing when that rank is in no group of the family.
  /// Requires: a rank of the model. O(axes).
  std::optional<std::int64_t> family_group(std::size_t family, RankId model_rank) const;
  std::optional<std::int64_t> family_group(std::string_view family, RankId model_rank) const;
  /// Members of each group of a family.
  RankId group_size(std::size_t family) const;
  /// Members of a request in model order (ranks of the model, as the reference's lists hold them); of a group
  /// that ignores the mapping, those members that are in the model.
  Members model_members_of(std::int64_t i) const;

  /// The first group whose model order is not its world order: group ranks (places among sorted members) are
  /// then no model indexes. The text of the warning GROUP_RANK_ORDER_SURPRISE. O(members of all groups).
  std::optional<std::string> group_rank_order_surprise() const;

  /// Hash of all inputs but the options of the topology; equal plans have equal ones on every machine and in
  /// every process.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  struct Block {
    std::int64_t first = 0;
    /// Requests for one enumerated group.
    std::int64_t step = 0;
    std::size_t first_family = 0;
  };

  void add_block(const RecipeBlock& block);
  void add_family(const RecipeBlock& block, const RecipeEntry& entry, GroupList groups, RankId run);
  const ProcessTopology& view(const std::string& name) const;
  /// Members of a request as its topology numbers them.
  Members numbered_members_of(std::int64_t i) const;

  GridSpec spec_;
  std::vector<Block> blocks_;
  std::vector<PlanFamily> families_;
  /// Groups of each family.
  std::vector<GroupList> groups_;
  std::int64_t request_count_ = 0;
  std::uint64_t fingerprint_ = 0;
};

/// The first request in which two plans part: its index and what each asks for (nothing from the shorter
/// plan).
struct PlanDifference {
  std::int64_t index = 0;
  std::optional<GroupSpec> first;
  std::optional<GroupSpec> second;
};

/// Nothing when both make the same requests in the same order. O(1) for equal inputs, else O(requests before
/// it).
std::optional<PlanDifference> first_difference(const Plan& first, const Plan& second);

}  // namespace gridlock
