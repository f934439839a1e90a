#pragma once

#include <cstdint>
#include <vector>

#include "core/base/units.h"

namespace gridlock::sim {

/// Host edges of a run: names that ranks post and await. A post lets every await of the name pass, now and
/// later.
class HostEdges {
 public:
  /// When the name (as HistoryStore::add_name numbered it) was posted first; Nanos::max() if never.
  Nanos posted(std::int32_t name) const { return at(name) == nullptr ? Nanos::max() : at(name)->posted; }
  /// Ranks that awaited the name, in the order in which they came.
  std::vector<RankId> post(std::int32_t name, Nanos now);
  void await(std::int32_t name, RankId rank) { grown(name).waiting.push_back(rank); }
  /// The rank's await has timed out.
  void forget(std::int32_t name, RankId rank);

 private:
  struct Edge {
    Nanos posted = Nanos::max();
    std::vector<RankId> waiting;
  };
  const Edge* at(std::int32_t name) const {
    const auto index = static_cast<std::size_t>(name);
    return index < edges_.size() ? &edges_[index] : nullptr;
  }
  Edge& grown(std::int32_t name) {
    const auto index = static_cast<std::size_t>(name);
    if (index >= edges_.size()) edges_.resize(index + 1);
    return edges_[index];
  }

  /// Index = number of the name.
  std::vector<Edge> edges_;
};

}  // namespace gridlock::sim
