#pragma once

#include <vector>

namespace gridlock {

/// Who cannot go on before whom: a directed graph of numbered nodes. All work is linear in nodes and edges
/// and needs no recursion, so that a chain of a million ranks is no danger to the stack.
class WaitGraph {
 public:
  int add_node();
  /// `from` cannot go on before `to` does.
  void add_edge(int from, int to);
  int size() const { return static_cast<int>(edges_.size()); }
  const std::vector<int>& waits_for(int node) const { return edges_[static_cast<std::size_t>(node)]; }

  /// Number of the strongly connected component of each node. A component waits for components with smaller
  /// numbers only.
  std::vector<int> components() const;
  /// Adds to `marked` every node that waits, directly or through others, for one of `nodes`, and the nodes
  /// themselves.
  void mark_waiters(const std::vector<int>& nodes, std::vector<bool>& marked);
  /// The nodes of a short cycle inside one component; empty when it has none. `component_of` is what
  /// components() returned, `nodes` are the component's. Tries at most kCycleStartMax starts, which bounds
  /// the time in a large component; the cycle is then short, if not always the shortest.
  std::vector<int> short_cycle(const std::vector<int>& component_of, const std::vector<int>& nodes) const;

  static constexpr int kCycleStartMax = 64;

 private:
  std::vector<std::vector<int>> edges_;
  /// Edges turned round, built when first asked for.
  std::vector<std::vector<int>> waiters_;
};

}  // namespace gridlock
