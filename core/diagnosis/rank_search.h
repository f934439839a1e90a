#pragma once

#include <vector>

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// Ranks that have a record which `is_wanted`, found in one pass over the tree of all histories.
template <typename IsWanted>
std::vector<RankId> ranks_with(const Evidence& evidence, IsWanted is_wanted) {
  const HistoryStore& store = evidence.histories().store;
  std::vector<bool> has(store.node_count(), false);
  for (std::size_t i = 1; i < has.size(); ++i) {
    const auto node = static_cast<HistoryNode>(i);
    has[i] = has[static_cast<std::size_t>(store.past(node))] || is_wanted(store.record(node));
  }
  std::vector<RankId> ranks;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    if (has[static_cast<std::size_t>(evidence.last_node(rank))]) ranks.push_back(rank);
  }
  return ranks;
}

}  // namespace gridlock
