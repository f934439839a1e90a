#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/units.h"

namespace gridlock::sim {

/// Ranks that can run, taken by ascending rank in whatever order they were added. A bit for each rank, above
/// it a bit for each word that is not zero, and so on up to one word: adding and taking cost a few words a
/// rank, and nothing for the ranks that are not there.
class ReadySet {
 public:
  explicit ReadySet(RankId world_size) {
    auto count = static_cast<std::size_t>(world_size);
    do {
      count = (count + 63) / 64;
      levels_.emplace_back(count, 0);
    } while (count > 1);
  }

  bool empty() const { return levels_.back().front() == 0; }

  void add(RankId rank) {
    auto bit = static_cast<std::size_t>(rank);
    for (std::vector<std::uint64_t>& words : levels_) {
      std::uint64_t& word = words[bit / 64];
      const bool is_known_above = word != 0;
      word |= std::uint64_t{1} << bit % 64;
      if (is_known_above) return;
      bit /= 64;
    }
  }

  /// Empties the set. `visit` must not add to it.
  template <typename Visit>
  void take_all(Visit&& visit) {
    take(levels_.size() - 1, 0, visit);
  }

 private:
  template <typename Visit>
  void take(std::size_t level, std::size_t word, Visit& visit) {
    std::uint64_t bits = std::exchange(levels_[level][word], 0);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t below = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (level > 0) {
        take(level - 1, below, visit);
      } else {
        visit(static_cast<RankId>(below));
      }
    }
  }

  /// From the ranks up.
  std::vector<std::vector<std::uint64_t>> levels_;
};

}  // namespace gridlock::sim
