#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/units.h"
#include "core/grid/members.h"

namespace gridlock {

/// Where a model's ranks (0..size-1, as its topology numbers them) live in the world. Identity, offset and
/// stride are arithmetic and keep groups as boxes; any other placement is a table, shared by all ranks. A
/// value.
class RankMapping {
 public:
  /// One entry of a mapping as a user writes it.
  struct Entry {
    RankId model_rank = 0;
    RankId world_rank = 0;
  };
  /// Two neighbouring model ranks that the world has in the other order.
  struct Descent {
    Entry first;
    Entry second;
  };

  /// Model rank r is world rank start + stride * r. Throws InputError (place "rank_mapping") for count,
  /// stride or start out of range, or a last rank beyond int32.
  static RankMapping strided(RankId count, RankId start, RankId stride);
  static RankMapping offset(RankId count, RankId start) { return strided(count, start, 1); }
  static RankMapping identity(RankId count) { return strided(count, 0, 1); }
  /// Model rank r is world_ranks[r]. Throws InputError for an empty list, a negative rank, or two model ranks
  /// on one.
  static RankMapping list(std::vector<RankId> world_ranks);
  /// Entries in any order. Throws as list() does, and when the keys are not exactly 0..count-1.
  static RankMapping entries(RankId count, std::span<const Entry> entries);

  RankId size() const { return size_; }
  /// Requires: 0 <= model_rank < size().
  RankId to_world(RankId model_rank) const;
  /// Model rank that lives on `world_rank`, or kNoRank when none does.
  RankId to_model(RankId world_rank) const;
  /// The world ranks of a group given by model ranks, sorted as every group is.
  Members to_world(const Members& model_ranks) const;
  /// All world ranks of the model.
  Members world_ranks() const { return to_world(Members::range(0, size_)); }

  bool is_identity() const { return !table_ && start_ == 0 && (stride_ == 1 || size_ == 1); }
  /// Whether model order is world order. When it is not, the group rank of a member (its place among the
  /// sorted members) can differ from its place in the model: GROUP_RANK_ORDER_SURPRISE.
  bool is_increasing() const { return !table_ || !table_->descent.has_value(); }
  /// Where model order first departs from world order; nothing for an increasing mapping.
  std::optional<Descent> first_descent() const;
  /// Throws InputError unless every rank is below `world_size`.
  void check_fits(RankId world_size) const;

  /// "identity of 8 ranks", "offset 8 of 8 ranks", "stride 2 from 0 of 8 ranks" or "[1, 3, 4, 7]" (the first
  /// 16).
  std::string to_string() const;
  /// The words that name the mapping, equal for equal mappings.
  void append_words(std::vector<std::uint32_t>& words) const;
  bool operator==(const RankMapping& other) const;

 private:
  struct Table {
    std::vector<RankId> world;
    /// Sorted by world rank.
    std::vector<std::pair<RankId, RankId>> world_and_model;
    std::optional<Descent> descent;
  };

  RankId size_ = 0;
  RankId start_ = 0;
  RankId stride_ = 1;
  /// Set for placements that are no arithmetic; shared because it never changes and copies of a mapping are
  /// many.
  std::shared_ptr<const Table> table_;
};

}  // namespace gridlock
