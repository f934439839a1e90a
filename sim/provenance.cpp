#include "sim/provenance.h"

#include <algorithm>
#include <utility>

namespace gridlock::sim {

ContributorId Provenance::add(Set set) {
  sets_.push_back(std::move(set));
  return static_cast<ContributorId>(static_cast<std::size_t>(groups_.world_size()) + sets_.size() - 1);
}

ContributorId Provenance::members(InstanceId instance) {
  const auto index = static_cast<std::size_t>(instance);
  if (index >= set_of_instance_.size())
    set_of_instance_.resize(std::max(index + 1, groups_.instance_count()), 0);
  std::uint32_t& known = set_of_instance_[index];
  if (known == 0) known = static_cast<std::uint32_t>(add({instance, {}})) + 1;
  return static_cast<ContributorId>(known - 1);
}

ContributorId Provenance::united(std::span<const ContributorId> sets) {
  if (std::all_of(sets.begin(), sets.end(), [&](ContributorId id) { return id == sets.front(); }))
    return sets.front();
  std::vector<ContributorId> key(sets.begin(), sets.end());
  std::sort(key.begin(), key.end());
  key.erase(std::unique(key.begin(), key.end()), key.end());
  const auto known = unions_.find(key);
  if (known != unions_.end()) return known->second;
  std::vector<RankId> all;
  for (const ContributorId id : key) {
    const std::vector<RankId> some = ranks(id);
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  auto [list, is_new] = lists_.try_emplace(all);
  if (is_new) list->second = all.size() == 1 ? only(all.front()) : add({InstanceId::none, std::move(all)});
  unions_.emplace(std::move(key), list->second);
  return list->second;
}

std::vector<RankId> Provenance::ranks(ContributorId id) const {
  const auto number = static_cast<std::size_t>(id);
  const auto world_size = static_cast<std::size_t>(groups_.world_size());
  if (number < world_size) return {static_cast<RankId>(id)};
  const Set& set = sets_[number - world_size];
  return set.instance == InstanceId::none ? set.ranks
                                          : groups_.instance(set.instance).spec.members.to_vector();
}

}  // namespace gridlock::sim
