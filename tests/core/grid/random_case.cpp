#include "tests/core/grid/random_case.h"

#include <numeric>
#include <string>
#include <utility>

namespace gridlock::testing {

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

ProcessTopology random_topology(Random& random) {
  std::vector<std::string> axes;
  std::vector<std::int64_t> sizes;
  const RankId count = 1 + random.below(5);
  for (RankId i = 0; i < count; ++i) {
    axes.push_back(std::string(1, static_cast<char>('a' + i)));
    sizes.push_back(1 + random.below(4));
  }
  return {axes, sizes};
}

ProcessTopology random_grid_topology(Random& random) {
  std::vector<std::string> names{"pipe", "data", "tensor"};
  if (random.coin()) names.emplace_back("sequence");
  std::vector<std::string> axes;
  std::vector<std::int64_t> sizes;
  for (const RankId i : random_order(random, static_cast<RankId>(names.size()))) {
    axes.push_back(names[static_cast<std::size_t>(i)]);
    sizes.push_back(1 + random.below(4));
  }
  return {axes, sizes};
}

std::vector<RankId> random_order(Random& random, RankId count) {
  std::vector<RankId> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<RankId>(i)))]);
  }
  return order;
}

std::vector<std::vector<RankId>> all_coordinates(const ProcessTopology& topology) {
  std::vector<std::vector<RankId>> coordinates;
  std::vector<RankId> odometer(topology.sizes().size(), 0);
  while (true) {
    coordinates.push_back(odometer);
    std::size_t axis = odometer.size();
    while (axis > 0 && ++odometer[axis - 1] == topology.sizes()[axis - 1]) odometer[--axis] = 0;
    if (axis == 0) return coordinates;
  }
}

}  // namespace gridlock::testing
