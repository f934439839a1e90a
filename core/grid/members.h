#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/units.h"

namespace gridlock {

/// The world ranks of one group, sorted unless the group was made in another order (ordered()), either as a
/// nested box of strides (every group of a grid whose mapping is identity, offset or stride: nothing is
/// stored per member) or as an explicit list. A small value; cheap to copy. The form is canonical: a set of
/// ranks that is a nested box of at most kLevelMax levels is always held as that box, with the fewest levels
/// (which are unique), so that equality and hash depend on the ranks alone and cost O(levels).
class Members {
 public:
  /// One level of a box: `count` steps of `stride`. Levels run from the largest stride to the smallest and
  /// nest: stride[i] >= stride[i+1] * count[i+1], so that iterating in level order gives ascending ranks.
  struct Level {
    RankId stride;
    RankId count;
    bool operator==(const Level&) const = default;
  };
  static constexpr int kLevelMax = 6;

  /// The empty group.
  Members() = default;
  /// start + all combinations of the levels. Requires: nested levels as above, every count > 0. Any number of
  /// levels: steps that continue each other become one, and what is then deeper than kLevelMax is kept as a
  /// list.
  static Members box(RankId start, std::span<const Level> levels);
  static Members range(RankId start, RankId count);
  /// `ranks` in any order and with duplicates removed; kept as a box when it is one.
  static Members list(std::vector<RankId> ranks);
  /// The ranks in the order given, which is the order of their group ranks (a split by keys, torch's
  /// sort_ranks=False). Ascending ranks make the same members as list(). Requires: no rank twice.
  static Members ordered(std::vector<RankId> ranks);
  /// As list(), for ranks that a user wrote. Throws InputError (place: `place`) for no ranks at all, a rank
  /// that is named twice, and a rank outside 0..world_size-1.
  static Members checked(std::span<const RankId> ranks, RankId world_size, const std::string& place);

  RankId size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// The member with group rank `i`. Requires: 0 <= i < size(). O(levels) or O(1).
  RankId operator[](GroupRank i) const;
  /// False when group ranks do not grow with world ranks.
  bool is_sorted() const { return order_ == nullptr; }
  /// Group rank of a world rank, or kNoRank. O(levels) or O(log size).
  GroupRank index_of(RankId rank) const;
  bool contains(RankId rank) const { return index_of(rank) != kNoRank; }
  /// In the order of group ranks.
  std::vector<RankId> to_vector() const;
  /// The ranks start + step * r for every member r: what an offset or stride mapping makes of a group.
  /// Requires: step > 0. O(levels) for a box.
  Members affine(RankId start, RankId step) const;
  /// Hash of the ranks, the same on every machine. O(levels) for a box, O(size) for a list.
  std::uint64_t hash() const;
  /// Appends the 32-bit words that name the ranks (the form is a function of the ranks, so equal members give
  /// equal words); what hash() and GroupKey are made of.
  void append_words(std::vector<std::uint32_t>& words) const;
  /// "[0, 2, 4, 6]"; more than 16 members are shortened as a RankSet: "[0-1022 step 2] (512 ranks)".
  std::string to_string() const;

  bool operator==(const Members& other) const;

  /// Calls `visit(rank)` for every member in the order of group ranks, without storing them.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (GroupRank i = 0; i < size_; ++i) visit((*this)[i]);
  }

 private:
  RankId size_ = 0;
  RankId start_ = 0;
  int level_count_ = 0;
  std::array<Level, kLevelMax> levels_{};
  /// Set only when the ranks are no box. Shared because the groups of a large permuted grid are handed to
  /// many holders and never change.
  std::shared_ptr<const std::vector<RankId>> explicit_;
  /// Set only when explicit_ is not ascending: places in explicit_ by ascending rank.
  std::shared_ptr<const std::vector<GroupRank>> order_;
};

}  // namespace gridlock
