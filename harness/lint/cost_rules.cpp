#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/grid/group_registry.h"
#include "harness/lint/lint_rules.h"

namespace gridlock {
namespace {

/// What one rank holds.
struct Held {
  std::int64_t communicators = 0;
  std::int64_t gloo_connections = 0;
};

/// One grid's groups: which creation answers a request, and whether the request made it.
struct Answered {
  const Plan* plan;
  std::vector<std::int64_t> creation;
};

// A rank is in at most one group of a family, so its groups of a grid are few enough to compare.
Held held_by(const std::vector<Answered>& grids, RankId rank, std::vector<std::int64_t>& seen) {
  Held held;
  seen.clear();
  for (const Answered& grid : grids) {
    const RankId model_rank = grid.plan->mapping().to_model(rank);
    if (model_rank == kNoRank) continue;
    for (std::size_t family = 0; family < grid.plan->families().size(); ++family) {
      const RankId size = grid.plan->group_size(family);
      if (size < 2) continue;
      const auto request = grid.plan->family_group(family, model_rank);
      if (!request) continue;
      const std::int64_t creation = grid.creation[static_cast<std::size_t>(*request)];
      if (std::find(seen.begin(), seen.end(), creation) != seen.end()) continue;
      seen.push_back(creation);
      if (grid.plan->families()[family].backend == BackendKind::gloo) {
        held.gloo_connections += size - 1;
      } else {
        ++held.communicators;
      }
    }
  }
  return held;
}

std::string gib(std::int64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1LL << 30));
}

void complain(const LintCosts& costs, const LintFindings& findings) {
  if (costs.creations > kCreationsWarning)
    findings.add(LintCode::MANY_CREATIONS, fmt::format("{} new_group calls on every rank", costs.creations));
  if (costs.gloo_connections_per_rank > kGlooConnectionsWarning) {
    findings.add(
        LintCode::MANY_GLOO_CONNECTIONS,
        fmt::format("{} gloo connections on rank {}", costs.gloo_connections_per_rank, costs.gloo_rank));
  }
  const std::int64_t bytes = costs.communicators_per_rank * kCommunicatorBytes;
  if (bytes > kCommunicatorMemoryWarning) {
    findings.add(LintCode::COMMUNICATOR_MEMORY,
                 fmt::format("{} communicators on rank {}, about {} if all are used",
                             costs.communicators_per_rank, costs.communicators_rank, gib(bytes)));
  }
}

}  // namespace

LintCosts lint_costs(const Scenario& scenario, const LintFindings& findings) {
  LintCosts costs;
  GroupRegistry registry;
  std::vector<Answered> grids;
  for (const ScenarioGrid& grid : scenario.grids) {
    std::int64_t next = registry.creation_count();
    grids.push_back({grid.plan.get(), registry.resolve(*grid.plan)});
    for (std::size_t i = 0; i < grids.back().creation.size(); ++i) {
      if (grids.back().creation[i] != next) continue;
      ++next;
      const bool is_gloo = grid.plan->backend_of(static_cast<std::int64_t>(i)) == BackendKind::gloo;
      ++(is_gloo ? costs.gloo_groups : costs.nccl_groups);
    }
  }
  costs.creations = registry.creation_count();
  std::vector<std::int64_t> seen;
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    const Held held = held_by(grids, rank, seen);
    if (held.communicators > costs.communicators_per_rank) {
      costs.communicators_per_rank = held.communicators;
      costs.communicators_rank = rank;
    }
    if (held.gloo_connections > costs.gloo_connections_per_rank) {
      costs.gloo_connections_per_rank = held.gloo_connections;
      costs.gloo_rank = rank;
    }
  }
  complain(costs, findings);
  return costs;
}

}  // namespace gridlock
