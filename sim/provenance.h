#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/grid/group_table.h"

namespace gridlock::sim {

/// A set of ranks whose data went into a buffer. Ids below the world size are the sets of one rank.
enum class ContributorId : std::uint32_t {};

inline ContributorId only(RankId rank) { return static_cast<ContributorId>(rank); }

/// Interned sets of contributors. Steps of a training run build the same unions again and again, so a union
/// is computed once and looked up later; the sets that matter most, all members of a group, store nothing.
class Provenance {
 public:
  explicit Provenance(const GroupTable& groups) : groups_(groups) {}

  /// All members of a group: what comes out when every member put in its own fresh data. O(1).
  ContributorId members(InstanceId instance);
  /// Union of the sets. Requires: at least one. O(sets) plus a lookup, unless the union is new.
  ContributorId united(std::span<const ContributorId> sets);
  /// Ascending.
  std::vector<RankId> ranks(ContributorId id) const;

 private:
  struct Set {
    /// Either all members of an instance or a list.
    InstanceId instance = InstanceId::none;
    std::vector<RankId> ranks;
  };

  ContributorId add(Set set);

  const GroupTable& groups_;
  std::vector<Set> sets_;
  /// Index = instance; the set's number + 1, 0 when it is not there yet.
  std::vector<std::uint32_t> set_of_instance_;
  std::map<std::vector<ContributorId>, ContributorId> unions_;
  std::map<std::vector<RankId>, ContributorId> lists_;
};

}  // namespace gridlock::sim
