#include "sim/host_edges.h"

#include <algorithm>
#include <utility>

namespace gridlock::sim {

std::vector<RankId> HostEdges::post(std::int32_t name, Nanos now) {
  Edge& edge = grown(name);
  edge.posted = std::min(edge.posted, now);
  return std::exchange(edge.waiting, {});
}

void HostEdges::forget(std::int32_t name, RankId rank) {
  std::vector<RankId>& waiting = grown(name).waiting;
  waiting.erase(std::remove(waiting.begin(), waiting.end(), rank), waiting.end());
}

}  // namespace gridlock::sim
