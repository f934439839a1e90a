#pragma once

#include <cstdint>
#include <vector>

#include "core/grid/topology.h"

namespace gridlock::testing {

/// Numbers for brute-force tests: splitmix64 (Steele, Lea, Flood 2014), the same on every machine for one
/// seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// 0..bound-1.
  RankId below(RankId bound) { return static_cast<RankId>(next() % static_cast<std::uint64_t>(bound)); }
  bool coin() { return below(2) == 1; }

 private:
  std::uint64_t state_;
};

/// One to five axes a, b, c ... with sizes of 1 to 4.
ProcessTopology random_topology(Random& random);
/// Sizes 1 to 4 for pipe, data and tensor, in random axis order, sometimes with a sequence axis.
ProcessTopology random_grid_topology(Random& random);
/// 0..count-1 in random order.
std::vector<RankId> random_order(Random& random, RankId count);

/// Coordinates of all ranks, by counting up like an odometer.
std::vector<std::vector<RankId>> all_coordinates(const ProcessTopology& topology);

}  // namespace gridlock::testing
