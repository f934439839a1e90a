#include "sim/host_edges.h"

#include <algorithm>
#include <utility>

namespace gridlock::sim {

std::vector<HostId> HostEdges::post(std::int32_t name, bool fails) {
  Edge& edge = grown(name);
  if (!edge.is_posted) edge.fails = fails;
  edge.is_posted = true;
  return std::exchange(edge.waiting, {});
}

void HostEdges::forget(std::int32_t name, HostId host) {
  std::vector<HostId>& waiting = grown(name).waiting;
  waiting.erase(std::remove(waiting.begin(), waiting.end(), host), waiting.end());
}

}  // namespace gridlock::sim
