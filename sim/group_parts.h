#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "core/grid/group_table.h"
#include "core/history/histories.h"

namespace gridlock::sim {

/// Groups that are made from a part of another group and by its members alone: splits by color and key (S13),
/// shrinks to the members that stay (S14), and torch's groups with local synchronisation, which are shrinks
/// of the group of all ranks (P01, P02). The k-th split of a group on one rank meets the k-th of the others;
/// the k-th shrink to certain members the k-th to the same ones.
class GroupParts {
 public:
  /// `groups` outlives this.
  explicit GroupParts(GroupTable& groups) : groups_(groups) {}

  /// The rank waits until take_released names it, perhaps at once. Requires: it is a member of `parent`; of
  /// `spec.members` too for a shrink.
  void split(RankId rank, InstanceId parent, std::int32_t color, std::int32_t key);
  /// `name` is what else they have to agree on; 0: nothing.
  void shrink(RankId rank, InstanceId parent, const GroupSpec& spec, std::int64_t name = 0);

  struct Release {
    RankId rank = kNoRank;
    /// none: the rank gave no color.
    GroupHandle group = GroupHandle::none;
  };
  std::vector<Release> take_released();

  /// Writes what is not complete, and who waits there, behind the connections that are there.
  void fill(Histories& histories) const;

 private:
  struct Came {
    RankId rank;
    std::int32_t color;
    std::int32_t key;
  };
  struct Meeting {
    std::vector<Came> came;
    Members expected;
  };
  /// Parent, hash of the members that stay (0: a split), number.
  using Key = std::tuple<InstanceId, std::uint64_t, std::int32_t>;

  Meeting& meeting(RankId rank, InstanceId parent, std::uint64_t members, const Members& expected, Key& key);
  void make_split(const Key& key, Meeting& meeting);

  GroupTable& groups_;
  std::map<Key, Meeting> meetings_;
  std::map<std::tuple<RankId, InstanceId, std::uint64_t>, std::int32_t> numbers_;
  std::vector<Release> released_;
};

}  // namespace gridlock::sim
