#include "harness/read/read_context.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

bool covers(const Selection& selection, const ReadContext& context, std::int32_t grid) {
  const RankMapping& mapping = context.scenario.grids[static_cast<std::size_t>(grid)].plan->mapping();
  if (mapping.size() == context.scenario.world_size) return true;
  for (const Condition& condition : selection.conditions) {
    if (condition.subject == Condition::Subject::member || condition.subject == Condition::Subject::axis) {
      if (condition.axis.grid == grid) return true;
    }
    if (condition.subject != Condition::Subject::rank) continue;
    if (condition.values.size() > static_cast<std::size_t>(mapping.size())) continue;
    const std::vector<RankId> ranks = condition.values.to_vector();
    const auto is_member = [&](RankId rank) { return mapping.to_model(rank) != kNoRank; };
    if (std::all_of(ranks.begin(), ranks.end(), is_member)) return true;
  }
  return false;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_char(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }

std::vector<std::string> family_names(const ReadContext& context, std::int32_t grid) {
  const ScenarioGrid& entry = context.scenario.grids[static_cast<std::size_t>(grid)];
  std::vector<std::string> names;
  for (const PlanFamily& family : entry.plan->families()) names.push_back(entry.name + "." + family.name);
  return names;
}

}  // namespace

bool ReadContext::all_inside(std::int32_t grid) const {
  return std::any_of(inside.begin(), inside.end(),
                     [&](const std::vector<bool>& grids) { return grids[static_cast<std::size_t>(grid)]; });
}

std::vector<std::string> ReadContext::grid_names() const {
  std::vector<std::string> names;
  for (const ScenarioGrid& grid : scenario.grids) names.push_back(grid.name);
  return names;
}

const ProcessTopology& ReadContext::topology(std::int32_t grid) const {
  return scenario.grids[static_cast<std::size_t>(grid)].plan->topology();
}

LoopDepth ReadContext::loop_depth(std::string_view variable) const {
  return variable.empty() ? -1 : index_of(loops, variable);
}

InsideScope::InsideScope(ReadContext& context, const Selection& selection) : context_(context) {
  std::vector<bool> grids;
  for (std::size_t grid = 0; grid < context.scenario.grids.size(); ++grid) {
    grids.push_back(covers(selection, context, static_cast<std::int32_t>(grid)));
  }
  context_.inside.push_back(std::move(grids));
}

std::int32_t index_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<std::int32_t>(found - names.begin());
}

void check_name(const JsonCursor& cursor, std::string_view name) {
  if (!name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), is_name_char)) return;
  cursor.fail(fmt::format("'{}' is no name", name), "a letter or '_', then letters, digits, '_' and '-'");
}

std::vector<std::pair<std::string, AxisRef>> axes_of_grid(const ReadContext& context, std::int32_t grid) {
  std::vector<std::pair<std::string, AxisRef>> axes;
  std::int32_t index = 0;
  for (const std::string& name : context.topology(grid).get_axis_names())
    axes.push_back({name, {grid, index++}});
  index = 0;
  for (const PlanFamily& family : context.scenario.grids[static_cast<std::size_t>(grid)].plan->families()) {
    if (family.selection == MemberSelection::all && !family.of_world)
      axes.push_back({family.name + ".place", {grid, index, true}});
    ++index;
  }
  return axes;
}

AxisRef axis_from_name(const ReadContext& context, const JsonCursor& cursor, std::string_view name) {
  if (name == "rank") return {};
  std::vector<std::string> known = {"rank"};
  for (std::size_t grid = 0; grid < context.scenario.grids.size(); ++grid) {
    for (const auto& [axis, reference] : axes_of_grid(context, static_cast<std::int32_t>(grid))) {
      known.push_back(context.scenario.grids[grid].name + "." + axis);
      if (known.back() == name) return reference;
    }
  }
  cursor.fail_name("axis", name, known);
}

RankId axis_length(const ReadContext& context, const AxisRef& by) {
  if (by.is_rank()) return context.scenario.world_size;
  if (by.is_place) {
    const Plan& plan = *context.scenario.grids[static_cast<std::size_t>(by.grid)].plan;
    return plan.group_size(static_cast<std::size_t>(by.axis));
  }
  return context.topology(by.grid).sizes()[static_cast<std::size_t>(by.axis)];
}

AxisRef read_axis(const ReadContext& context, const JsonCursor& cursor) {
  return axis_from_name(context, cursor, cursor.string());
}

GroupRef read_group(const ReadContext& context, const JsonCursor& cursor) {
  const std::string& name = cursor.string();
  GroupRef group;
  if (name == "world") return group;
  std::vector<std::string> known = {"world"};
  for (std::size_t grid = 0; grid < context.scenario.grids.size(); ++grid) {
    const std::vector<std::string> families = family_names(context, static_cast<std::int32_t>(grid));
    if (index_of(families, name) >= 0) {
      group.kind = GroupRef::Kind::family;
      group.grid = static_cast<std::int32_t>(grid);
      group.family = name.substr(context.scenario.grids[grid].name.size() + 1);
      group.family_place = context.scenario.grids[grid].plan->find_family(group.family).value();
      return group;
    }
    known.insert(known.end(), families.begin(), families.end());
  }
  const std::int32_t named = index_of(context.scenario.group_names, name);
  if (named >= 0) {
    group.kind = GroupRef::Kind::named;
    group.name = static_cast<GroupName>(named);
    return group;
  }
  known.insert(known.end(), context.scenario.group_names.begin(), context.scenario.group_names.end());
  cursor.fail_name("group", name, known);
}

RankId group_size(const ReadContext& context, const GroupRef& group) {
  if (group.kind == GroupRef::Kind::world) return context.scenario.world_size;
  if (group.kind == GroupRef::Kind::named) return -1;
  const Plan& plan = *context.scenario.grids[static_cast<std::size_t>(group.grid)].plan;
  const std::size_t family = plan.find_family(group.family).value();
  return plan.members_of(plan.families()[family].first).size();
}

}  // namespace gridlock
