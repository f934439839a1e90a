#include "harness/histories/creation_states.h"

#include <fmt/format.h>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

constexpr const char* kWorld = "world";

std::string family_name(const std::string& alias, const std::string& family) {
  return alias.empty() ? family : alias + "." + family;
}

}  // namespace

CreationStates::CreationStates(GroupTable& groups) : groups_(groups) {
  states_.push_back(
      {0, std::make_shared<const GroupRegistry>(), kWorld, GroupHandle::world, GridHandle::none});
}

bool CreationStates::is_taken(State state, const std::string& alias) const {
  for (; state != 0; state = states_[state].past) {
    if (states_[state].alias == alias) return true;
  }
  return alias == kWorld;
}

std::string CreationStates::free_alias(State state, const std::string& wanted) const {
  std::string alias = wanted;
  for (int number = 2; is_taken(state, alias); ++number) alias = fmt::format("{} ({})", wanted, number);
  return alias;
}

CreationStates::State CreationStates::new_group(State past, std::int32_t detail, const GroupSpec& spec) {
  const auto [entry, added] = next_.try_emplace({past, false, detail, ""}, states_.size());
  if (!added) return entry->second;
  auto registry = std::make_shared<GroupRegistry>(*states_[past].registry);
  const GroupHandle made = groups_.add(registry->new_group(), spec);
  states_.push_back({past, std::move(registry), free_alias(past, spec.name.empty() ? "group" : spec.name),
                     made, GridHandle::none});
  return entry->second;
}

CreationStates::State CreationStates::create_grid(State past, std::int32_t detail,
                                                  std::shared_ptr<const Plan> plan, const std::string& name) {
  const auto [entry, added] = next_.try_emplace({past, true, detail, name}, states_.size());
  if (!added) return entry->second;
  auto registry = std::make_shared<GroupRegistry>(*states_[past].registry);
  const std::vector<std::int64_t> answers = registry->resolve(*plan);
  const GridHandle made = groups_.add_grid(std::move(plan), answers, name);
  states_.push_back(
      {past, std::move(registry), free_alias(past, groups_.name(made)), GroupHandle::none, made});
  return entry->second;
}

GroupHandle CreationStates::find(State state, std::string_view name) const {
  for (; state != 0; state = states_[state].past) {
    const Known& known = states_[state];
    if (known.grid == GridHandle::none) {
      if (known.alias == name) return known.group;
      continue;
    }
    const bool has_prefix = known.alias.empty() || (name.starts_with(known.alias) &&
                                                    name.substr(known.alias.size()).starts_with('.'));
    if (!has_prefix) continue;
    const std::size_t prefix = known.alias.empty() ? 0 : known.alias.size() + 1;
    const GroupHandle family = groups_.family(known.grid, name.substr(prefix));
    if (family != GroupHandle::none) return family;
  }
  return name == kWorld ? GroupHandle::world : GroupHandle::none;
}

std::string CreationStates::name(State state, GroupHandle handle) const {
  if (handle == GroupHandle::world) return kWorld;
  for (; state != 0; state = states_[state].past) {
    const Known& known = states_[state];
    if (known.grid == GridHandle::none) {
      if (known.group == handle) return known.alias;
      continue;
    }
    for (const PlanFamily& family : groups_.plan(known.grid)->families()) {
      if (groups_.family(known.grid, family.name) == handle) return family_name(known.alias, family.name);
    }
  }
  return "";
}

}  // namespace gridlock
