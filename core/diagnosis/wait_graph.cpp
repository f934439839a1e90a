#include "core/diagnosis/wait_graph.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>

namespace gridlock {
namespace {

std::size_t at(int node) { return static_cast<std::size_t>(node); }

/// Tarjan's algorithm with its own stack.
class ComponentSearch {
 public:
  explicit ComponentSearch(const WaitGraph& graph)
      : graph_(graph),
        component_(at(graph.size()), -1),
        order_(at(graph.size()), -1),
        low_(at(graph.size()), 0) {}

  std::vector<int> run() {
    for (int node = 0; node < graph_.size(); ++node) {
      if (order_[at(node)] < 0) search_from(node);
    }
    return std::move(component_);
  }

 private:
  struct Visit {
    int node;
    std::size_t next_edge;
  };

  void enter(int node) {
    order_[at(node)] = low_[at(node)] = visited_++;
    open_.push_back(node);
    path_.push_back({node, 0});
  }

  void search_from(int root) {
    enter(root);
    while (!path_.empty()) {
      Visit& visit = path_.back();
      const std::vector<int>& edges = graph_.waits_for(visit.node);
      if (visit.next_edge == edges.size()) {
        leave();
        continue;
      }
      const int to = edges[visit.next_edge++];
      if (order_[at(to)] < 0) {
        enter(to);
      } else if (component_[at(to)] < 0) {
        low_[at(visit.node)] = std::min(low_[at(visit.node)], order_[at(to)]);
      }
    }
  }

  void leave() {
    const int node = path_.back().node;
    path_.pop_back();
    if (!path_.empty()) {
      int& parent = low_[at(path_.back().node)];
      parent = std::min(parent, low_[at(node)]);
    }
    if (low_[at(node)] != order_[at(node)]) return;
    for (int member = -1; member != node; open_.pop_back()) {
      member = open_.back();
      component_[at(member)] = component_count_;
    }
    ++component_count_;
  }

  const WaitGraph& graph_;
  std::vector<int> component_;
  std::vector<int> order_;
  std::vector<int> low_;
  std::vector<int> open_;
  std::vector<Visit> path_;
  int visited_ = 0;
  int component_count_ = 0;
};

/// Breadth first from `start` inside its component until an edge leads back.
std::vector<int> cycle_through(const WaitGraph& graph, const std::vector<int>& component_of, int start) {
  std::unordered_map<int, int> came_from{{start, start}};
  std::vector<int> queue{start};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const int node = queue[i];
    for (const int to : graph.waits_for(node)) {
      if (to == start) {
        std::vector<int> cycle;
        for (int step = node; step != start; step = came_from[step]) cycle.push_back(step);
        cycle.push_back(start);
        std::reverse(cycle.begin(), cycle.end());
        return cycle;
      }
      if (component_of[at(to)] == component_of[at(start)] && came_from.try_emplace(to, node).second) {
        queue.push_back(to);
      }
    }
  }
  return {};
}

}  // namespace

int WaitGraph::add_node() {
  edges_.emplace_back();
  return size() - 1;
}

void WaitGraph::add_edge(int from, int to) { edges_[at(from)].push_back(to); }

std::vector<int> WaitGraph::components() const { return ComponentSearch(*this).run(); }

void WaitGraph::mark_waiters(const std::vector<int>& nodes, std::vector<bool>& marked) {
  if (waiters_.size() != edges_.size()) {
    waiters_.assign(edges_.size(), {});
    for (int from = 0; from < size(); ++from) {
      for (const int to : waits_for(from)) waiters_[at(to)].push_back(from);
    }
  }
  std::vector<int> queue;
  const auto mark = [&](int node) {
    if (marked[at(node)]) return;
    marked[at(node)] = true;
    queue.push_back(node);
  };
  for (const int node : nodes) mark(node);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const int waiter : waiters_[at(queue[i])]) mark(waiter);
  }
}

std::vector<int> WaitGraph::short_cycle(const std::vector<int>& component_of,
                                        const std::vector<int>& nodes) const {
  std::vector<int> best;
  const std::size_t tries = std::min(nodes.size(), at(kCycleStartMax));
  for (std::size_t i = 0; i < tries; ++i) {
    std::vector<int> cycle = cycle_through(*this, component_of, nodes[i]);
    if (best.empty() || (!cycle.empty() && cycle.size() < best.size())) best = std::move(cycle);
  }
  return best;
}

}  // namespace gridlock
