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

void check_spec(const GridSpec& spec, RankId world_size) {
  check_axes(spec.recipe, spec.topology);
  const RankId model_size = spec.topology.world_size();
  for (const TopologyView& view : spec.views) {
    if (view.topology.world_size() == model_size) continue;
    throw InputError("views", fmt::format("view '{}' has {} ranks, the topology has {}", view.name,
                                          view.topology.world_size(), model_size));
  }
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
    text += fmt::format("\nblock {} {} {} {} {}", block.view, block.inside, block.all_but, block.numbering,
                        block.needs);
    for (const RecipeEntry& entry : block.entries) {
      text += fmt::format("\n{} {} {}", entry.family, static_cast<int>(entry.selection),
                          static_cast<int>(entry.backend));
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
  if (name.empty()) return spec_.topology;
  for (const TopologyView& view : spec_.views) {
    if (view.name == name) return view.topology;
  }
  throw InputError("views", fmt::format("recipe '{}' needs a view '{}', which the grid does not have",
                                        spec_.recipe.name, name));
}

void Plan::add_block(const RecipeBlock& block) {
  const ProcessTopology& topology = view(block.view);
  const auto is_missing = [&](const std::string& axis) { return !topology.has_axis(axis); };
  if (std::any_of(block.needs.begin(), block.needs.end(), is_missing)) return;

  Block added;
  added.groups = topology.comm_lists(axes_inside(block, topology), block.numbering);
  added.first = request_count_;
  added.first_family = families_.size();
  added.entries = block.entries.size();
  const auto step = static_cast<std::int64_t>(block.entries.size());
  for (const RecipeEntry& entry : block.entries) {
    if (find_family(entry.family)) {
      throw InputError("recipe",
                       fmt::format("recipe '{}' has two families '{}'", spec_.recipe.name, entry.family));
    }
    PlanFamily family;
    family.name = entry.family;
    family.first = request_count_ + static_cast<std::int64_t>(families_.size() - added.first_family);
    family.step = step;
    family.count = added.groups.size();
    family.backend = entry.backend == BackendChoice::gloo ? BackendKind::gloo : spec_.backend;
    family.selection = entry.selection;
    family.block = blocks_.size();
    families_.push_back(std::move(family));
  }
  request_count_ += step * added.groups.size();
  blocks_.push_back(std::move(added));
}

PlanRequest Plan::locate(std::int64_t i) const {
  GRIDLOCK_CHECK(i >= 0 && i < request_count_);
  const auto starts_after = [](std::int64_t request, const Block& block) { return request < block.first; };
  const Block& block = *std::prev(std::upper_bound(blocks_.begin(), blocks_.end(), i, starts_after));
  const auto entries = static_cast<std::int64_t>(block.entries);
  const std::int64_t in_block = i - block.first;
  return {block.first_family + static_cast<std::size_t>(in_block % entries),
          static_cast<RankId>(in_block / entries)};
}

Members Plan::model_members_of(std::int64_t i) const {
  const PlanRequest request = locate(i);
  const PlanFamily& family = families_[request.family];
  return select(blocks_[family.block].groups[request.group], family.selection);
}

Members Plan::members_of(std::int64_t i) const { return spec_.mapping.to_world(model_members_of(i)); }

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
  const GroupList& groups = blocks_[asked.block].groups;
  const RankId group = groups.index_of(model_rank);
  if (asked.selection != MemberSelection::all &&
      !is_selected(groups[group].index_of(model_rank), groups.group_size(), asked.selection)) {
    return std::nullopt;
  }
  return asked.first + group * asked.step;
}

std::optional<std::int64_t> Plan::family_group(std::string_view family, RankId model_rank) const {
  const std::optional<std::size_t> found = find_family(family);
  return found ? family_group(*found, model_rank) : std::nullopt;
}

std::optional<std::string> Plan::group_rank_order_surprise() const {
  const std::optional<RankMapping::Descent> descent = spec_.mapping.first_descent();
  if (!descent) return std::nullopt;
  return fmt::format(
      "model ranks {} and {} live on ranks {} and {}: groups are sorted by world rank, so in a group of "
      "both, the second "
      "comes first",
      descent->first.model_rank, descent->second.model_rank, descent->first.world_rank,
      descent->second.world_rank);
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
