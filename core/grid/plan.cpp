#include "core/grid/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {
namespace {

void check_axes(const Recipe& recipe, const ProcessTopology& topology) {
  for (const std::vector<std::string>& names : recipe.required_axes) {
    const auto is_there = [&](const std::string& name) { return topology.has_axis(name); };
    if (std::any_of(names.begin(), names.end(), is_there)) continue;
    throw InputError("topology",
                     fmt::format("recipe '{}' needs an axis '{}', the axes are [{}]", recipe.name,
                                 fmt::join(names, "' or '"), fmt::join(topology.get_axis_names(), ", ")),
                     fmt::format("give '{}' size 1 if the model is not split that way", names.front()));
  }
  if (topology.has_axis("tensor") && topology.has_axis("model")) {
    throw InputError("topology",
                     "axes 'tensor' and 'model' are two names of one thing, a grid takes one of them");
  }
}

bool is_of_world(const Recipe& recipe, const std::string& view) {
  return std::any_of(recipe.blocks.begin(), recipe.blocks.end(),
                     [&](const RecipeBlock& block) { return block.of_world && block.view == view; });
}

/// Groups on an axis that both layouts have are the same groups, each in one numbering order or another.
void check_shared_axes(const ProcessTopology& topology, const TopologyView& view) {
  for (const std::string& axis : view.topology.get_axis_names()) {
    if (!topology.has_axis(axis)) continue;
    const GroupList own = topology.get_axis_comm_lists(axis);
    const GroupList seen = view.topology.get_axis_comm_lists(axis);
    for (RankId rank = 0; rank < topology.world_size(); ++rank) {
      const Members group = own[own.index_of(rank)];
      const Members other = seen[seen.index_of(rank)];
      if (group == other) continue;
      throw InputError("views",
                       fmt::format("axis '{}' of view '{}' puts rank {} with {}, the topology puts it "
                                   "with {}; groups on a common axis must be the same",
                                   axis, view.name, rank, other.to_string(), group.to_string()));
    }
  }
}

void check_view(const GridSpec& spec, const TopologyView& view, RankId world_size) {
  const bool of_world = is_of_world(spec.recipe, view.name);
  const RankId size = of_world ? world_size : spec.topology.world_size();
  if (view.topology.world_size() != size) {
    throw InputError("views", fmt::format("view '{}' has {} ranks, the {} has {}", view.name,
                                          view.topology.world_size(), of_world ? "world" : "topology", size));
  }
  if (!of_world) check_shared_axes(spec.topology, view);
}

void check_spec(const GridSpec& spec, RankId world_size) {
  check_axes(spec.recipe, spec.topology);
  const RankId model_size = spec.topology.world_size();
  for (const TopologyView& view : spec.views) check_view(spec, view, world_size);
  if (spec.mapping.size() != model_size) {
    throw InputError("rank_mapping", fmt::format("the topology has {} ranks, the mapping places {}",
                                                 model_size, spec.mapping.size()));
  }
  if (spec.timeout <= Nanos{0}) {
    throw InputError("timeout", fmt::format("must be positive, got {} ns", spec.timeout.count()));
  }
  spec.mapping.check_fits(world_size);
}

// Axes inside the groups of a block, as far as the topology has them.
std::vector<std::string> axes_inside(const RecipeBlock& block, const ProcessTopology& topology) {
  std::vector<std::string> inside;
  for (const std::string& axis : topology.get_axis_names()) {
    const bool is_named = std::find(block.inside.begin(), block.inside.end(), axis) != block.inside.end();
    if (is_named != block.all_but) inside.push_back(axis);
  }
  return inside;
}

/// The names that the topology has.
std::vector<std::string> present(const std::vector<std::string>& axes, const ProcessTopology& topology) {
  std::vector<std::string> found;
  for (const std::string& axis : axes) {
    if (topology.has_axis(axis)) found.push_back(axis);
  }
  return found;
}

/// The axes that number the groups of a block: as it says, or in topology order.
std::vector<std::string> numbering_axes(const RecipeBlock& block, const std::vector<std::string>& inside,
                                        const ProcessTopology& topology) {
  if (!block.numbering.empty()) return present(block.numbering, topology);
  std::vector<std::string> axes = topology.get_axis_names();
  std::erase_if(axes, [&](const std::string& axis) {
    return std::find(inside.begin(), inside.end(), axis) != inside.end();
  });
  return axes;
}

Members select(const Members& members, MemberSelection selection) {
  switch (selection) {
    case MemberSelection::all:
      return members;
    case MemberSelection::first:
      return Members::range(members[0], 1);
    case MemberSelection::first_and_last:
      return Members::list({members[0], members[members.size() - 1]});
  }
  GRIDLOCK_CHECK(false);
  return {};
}

bool is_selected(GroupRank place, RankId size, MemberSelection selection) {
  if (selection == MemberSelection::all) return true;
  return place == 0 || (selection == MemberSelection::first_and_last && place == size - 1);
}

std::string recipe_text(const Recipe& recipe) {
  std::string text = fmt::format("{} {}", recipe.name, recipe.uses_registry);
  for (const RecipeBlock& block : recipe.blocks) {
    text += fmt::format("\nblock {} {} {} {} {} {}", block.view, block.of_world, block.inside, block.all_but,
                        block.numbering, block.needs);
    for (const RecipeEntry& entry : block.entries) {
      text += fmt::format("\n{} {} {} {}", entry.family, static_cast<int>(entry.selection),
                          static_cast<int>(entry.backend), entry.within);
    }
  }
  return text;
}

std::uint64_t fingerprint_of(const GridSpec& spec) {
  std::string text = fmt::format("{}\n{}\n{} {}", spec.topology.to_string(), recipe_text(spec.recipe),
                                 backend_name(spec.backend), spec.timeout.count());
  for (const TopologyView& view : spec.views)
    text += fmt::format("\n{} {}", view.name, view.topology.to_string());
  std::vector<std::uint32_t> words;
  spec.mapping.append_words(words);
  const XXH64_hash_t text_hash = XXH3_64bits(text.data(), text.size());
  return XXH3_64bits_withSeed(words.data(), words.size() * sizeof(std::uint32_t), text_hash);
}

}  // namespace

Plan::Plan(GridSpec spec, RankId world_size) : spec_(std::move(spec)) {
  check_spec(spec_, world_size);
  for (const RecipeBlock& block : spec_.recipe.blocks) add_block(block);
  fingerprint_ = fingerprint_of(spec_);
}

const ProcessTopology& Plan::view(const std::string& name) const {
  for (const TopologyView& view : spec_.views) {
    if (view.name == name) return view.topology;
  }
  return spec_.topology;
}

void Plan::add_family(const RecipeBlock& block, const RecipeEntry& entry, GroupList groups, RankId run) {
  if (find_family(entry.family)) {
    throw InputError("recipe",
                     fmt::format("recipe '{}' has two families '{}'", spec_.recipe.name, entry.family));
  }
  PlanFamily family;
  family.name = entry.family;
  family.first = request_count_ + blocks_.back().step;
  family.run = run;
  family.count = groups.size();
  family.backend = entry.backend == BackendChoice::gloo ? BackendKind::gloo : spec_.backend;
  family.selection = entry.selection;
  family.block = blocks_.size() - 1;
  family.uses_registry = spec_.recipe.uses_registry && !block.of_world;
  family.of_world = block.of_world;
  blocks_.back().step += run;
  families_.push_back(std::move(family));
  groups_.push_back(std::move(groups));
}

void Plan::add_block(const RecipeBlock& block) {
  const ProcessTopology& topology = view(block.view);
  if (block.of_world && &topology == &spec_.topology) return;
  if (present(block.needs, topology).size() != block.needs.size()) return;

  const std::vector<std::string> inside = axes_inside(block, topology);
  const std::vector<std::string> numbering = numbering_axes(block, inside, topology);
  const GroupList groups = topology.comm_lists(inside, numbering);
  blocks_.push_back({request_count_, 0, families_.size()});
  for (const RecipeEntry& entry : block.entries) {
    const std::vector<std::string> within = present(entry.within, topology);
    if (entry.within.empty()) {
      add_family(block, entry, groups, 1);
    } else if (!within.empty()) {
      // Numbered by group of the block first, so that the parts of one group are neighbours.
      std::vector<std::string> order = numbering;
      for (const std::string& axis : inside) {
        if (std::find(within.begin(), within.end(), axis) == within.end()) order.push_back(axis);
      }
      const GroupList parts = topology.comm_lists(within, order);
      add_family(block, entry, parts, parts.size() / groups.size());
    }
  }
  for (std::size_t i = blocks_.back().first_family; i < families_.size(); ++i)
    families_[i].step = blocks_.back().step;
  request_count_ += blocks_.back().step * groups.size();
}

PlanRequest Plan::locate(std::int64_t i) const {
  GRIDLOCK_CHECK(i >= 0 && i < request_count_);
  const auto starts_after = [](std::int64_t request, const Block& block) { return request < block.first; };
  const Block& block = *std::prev(std::upper_bound(blocks_.begin(), blocks_.end(), i, starts_after));
  const std::int64_t group = (i - block.first) / block.step;
  std::int64_t in_step = (i - block.first) % block.step;
  std::size_t family = block.first_family;
  for (; in_step >= families_[family].run; ++family) in_step -= families_[family].run;
  return {family, static_cast<RankId>(group * families_[family].run + in_step)};
}

Members Plan::numbered_members_of(std::int64_t i) const {
  const PlanRequest request = locate(i);
  return select(groups_[request.family][request.group], families_[request.family].selection);
}

Members Plan::model_members_of(std::int64_t i) const {
  Members members = numbered_members_of(i);
  if (!families_[locate(i).family].of_world) return members;
  std::vector<RankId> in_model;
  members.for_each([&](RankId rank) {
    if (spec_.mapping.to_model(rank) != kNoRank) in_model.push_back(spec_.mapping.to_model(rank));
  });
  return Members::list(std::move(in_model));
}

Members Plan::members_of(std::int64_t i) const {
  const Members members = numbered_members_of(i);
  return families_[locate(i).family].of_world ? members : spec_.mapping.to_world(members);
}

RankId Plan::group_size(std::size_t family) const {
  return select(groups_[family][0], families_[family].selection).size();
}

GroupSpec Plan::request(std::int64_t i) const {
  const PlanFamily& family = families_[locate(i).family];
  return {members_of(i), family.backend, spec_.timeout, family.name};
}

std::optional<std::size_t> Plan::find_family(std::string_view name) const {
  for (std::size_t i = 0; i < families_.size(); ++i) {
    if (families_[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Plan::family_group(std::size_t family, RankId model_rank) const {
  GRIDLOCK_CHECK(family < families_.size() && model_rank >= 0 && model_rank < spec_.topology.world_size());
  const PlanFamily& asked = families_[family];
  const GroupList& groups = groups_[family];
  const RankId rank = asked.of_world ? spec_.mapping.to_world(model_rank) : model_rank;
  const RankId group = groups.index_of(rank);
  if (asked.selection != MemberSelection::all &&
      !is_selected(groups[group].index_of(rank), groups.group_size(), asked.selection)) {
    return std::nullopt;
  }
  return asked.request_of(group);
}

std::optional<std::int64_t> Plan::family_group(std::string_view family, RankId model_rank) const {
  const std::optional<std::size_t> found = find_family(family);
  return found ? family_group(*found, model_rank) : std::nullopt;
}

std::optional<std::string> Plan::group_rank_order_surprise() const {
  if (!spec_.mapping.first_descent()) return std::nullopt;
  for (const PlanFamily& family : families()) {
    if (family.of_world) continue;
    for (RankId i = 0; i < family.count; ++i) {
      const Members members = members_of(family.request_of(i));
      for (GroupRank place = 1; place < members.size(); ++place) {
        const RankId first = spec_.mapping.to_model(members[place - 1]);
        const RankId second = spec_.mapping.to_model(members[place]);
        if (first < second) continue;
        return fmt::format(
            "model ranks {} and {} live on ranks {} and {}: groups are sorted by world rank, so in {} group "
            "{} "
            "the second comes first",
            second, first, members[place], members[place - 1], family.name, members.to_string());
      }
    }
  }
  return std::nullopt;
}

std::optional<PlanDifference> first_difference(const Plan& first, const Plan& second) {
  if (first.fingerprint() == second.fingerprint()) return std::nullopt;
  const std::int64_t count = std::max(first.request_count(), second.request_count());
  for (std::int64_t i = 0; i < count; ++i) {
    PlanDifference difference{i, std::nullopt, std::nullopt};
    if (i < first.request_count()) difference.first = first.request(i);
    if (i < second.request_count()) difference.second = second.request(i);
    if (difference.first != difference.second) return difference;
  }
  return std::nullopt;
}

}  // namespace gridlock
