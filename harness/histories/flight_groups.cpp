#include "harness/histories/flight_groups.h"

#include <fmt/format.h>

#include <algorithm>

namespace gridlock {
namespace {

bool contains(const FlightGroup& group, RankId rank) {
  return std::find(group.ranks.begin(), group.ranks.end(), rank) != group.ranks.end();
}

}  // namespace

FlightGroups::FlightGroups(const std::vector<FlightDump>& dumps) {
  for (const FlightDump& dump : dumps) {
    dump_of_[dump.rank] = &dump;
    world_size_ = std::max(world_size_, dump.rank + 1);
    for (const FlightGroup& group : dump.groups) {
      by_name_[group.name].push_back(&group);
      world_size_ = std::max(world_size_, *std::max_element(group.ranks.begin(), group.ranks.end()) + 1);
    }
    for (const FlightEntry& entry : dump.entries) by_name_[entry.group];
  }
  for (const auto& [name, groups] : by_name_) creation_[{name.size(), name}] = 0;
  std::int64_t number = 0;
  for (auto& [key, creation] : creation_) creation = number++;
  name_for_reports();
}

/// The description that the user gave, where it tells the groups apart.
void FlightGroups::name_for_reports() {
  std::map<std::string, int> uses;
  const auto description = [](const std::vector<const FlightGroup*>& groups) {
    return groups.empty() ? std::string() : groups.front()->description;
  };
  for (const auto& [name, groups] : by_name_) ++uses[description(groups)];
  for (const auto& [name, groups] : by_name_) {
    const std::string text = description(groups);
    if (text.empty() || text == "undefined") {
      shown_[name] = "group " + name;
    } else {
      shown_[name] = uses[text] == 1 ? text : fmt::format("{} ({})", text, name);
    }
  }
}

const FlightGroup* FlightGroups::find(RankId rank, const std::string& name) const {
  for (const FlightGroup& group : dump_of_.at(rank)->groups) {
    if (group.name == name) return &group;
  }
  for (const FlightGroup* group : by_name_.at(name)) {
    if (contains(*group, rank)) return group;
  }
  return nullptr;
}

FlightGroups::Use FlightGroups::use(GroupTable& table, RankId rank, const std::string& name,
                                    BackendKind backend) {
  const auto [entry, added] = uses_.try_emplace({rank, name, backend});
  if (!added) return entry->second;
  const FlightGroup* group = find(rank, name);
  if (group == nullptr || !contains(*group, rank)) return {};
  GroupSpec spec;
  spec.members = Members::list(group->ranks);
  spec.backend = backend;
  spec.name = shown_.at(name);
  entry->second.handle = table.add(creation_.at({name.size(), name}), spec);
  entry->second.ranks = &group->ranks;
  return entry->second;
}

}  // namespace gridlock
