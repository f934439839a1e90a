#pragma once

#include <cstdint>
#include <vector>

#include "sim/hosts.h"

namespace gridlock::sim {

/// Host edges of a run: names that host threads post and await. A post lets every await of the name pass, now
/// and later.
class HostEdges {
 public:
  /// `name` as HistoryStore::add_name numbered it.
  bool is_posted(std::int32_t name) const { return at(name) != nullptr && at(name)->is_posted; }
  /// Whether the first post of the name failed.
  bool fails(std::int32_t name) const { return at(name) != nullptr && at(name)->fails; }
  /// Hosts that awaited the name, in the order in which they came. Of several posts the first one counts.
  std::vector<HostId> post(std::int32_t name, bool fails);
  void await(std::int32_t name, HostId host) { grown(name).waiting.push_back(host); }
  /// The host's await has timed out.
  void forget(std::int32_t name, HostId host);

 private:
  struct Edge {
    bool is_posted = false;
    bool fails = false;
    std::vector<HostId> waiting;
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
