#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "core/base/units.h"

namespace gridlock {

/// Ranks start, start + stride, ... (count of them). stride > 0, count > 0.
struct RankRun {
  RankId start = 0;
  RankId stride = 1;
  RankId count = 1;

  bool operator==(const RankRun&) const = default;
};

/// A sorted set of ranks kept as strided runs, so that blaming every second of a million ranks costs one run.
/// A value; two sets with the same ranks compare equal (the runs are a canonical function of the ranks).
class RankSet {
 public:
  RankSet() = default;
  RankSet(std::initializer_list<RankId> ranks);
  /// `ranks` in any order, duplicates allowed.
  explicit RankSet(std::vector<RankId> ranks);
  /// All of first, first + stride, ...; count may be 0.
  static RankSet strided(RankId first, RankId stride, RankId count);

  bool empty() const { return runs_.empty(); }
  std::size_t size() const;
  bool contains(RankId rank) const;
  /// Requires: not empty.
  RankId first() const;
  std::span<const RankRun> runs() const { return runs_; }
  std::vector<RankId> to_vector() const;

  RankSet united(const RankSet& other) const;
  RankSet without(const RankSet& other) const;

  /// "0-3, 8, 16-64 step 16"; "none" when empty.
  std::string to_string() const;

  bool operator==(const RankSet&) const = default;

 private:
  std::vector<RankRun> runs_;
};

}  // namespace gridlock
