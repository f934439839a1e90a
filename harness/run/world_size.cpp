#include "harness/run/world_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "core/base/input_error.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

/// Measured on the simulator, and a fifth less so that nothing is refused that would fit: a rank whose
/// program is empty, what it takes more when it has created a grid, and a group that all have created.
constexpr std::int64_t kRankBytes = 340;
constexpr std::int64_t kCreatorBytes = 260;
constexpr std::int64_t kGroupBytes = 480;

/// Groups that the registry cannot have under another name: families of as many groups of as many members
/// may be the same ones.
std::int64_t least_groups(const Plan& plan) {
  std::set<std::tuple<BackendKind, RankId, RankId>> shapes;
  std::int64_t groups = 0;
  for (const PlanFamily& family : plan.families()) {
    if (family.count == 0) continue;
    const RankId size = plan.members_of(family.request_of(0)).size();
    if (shapes.insert({family.backend, family.count, size}).second) groups += family.count;
  }
  return groups;
}

}  // namespace

void check_world_size(const Scenario& scenario, std::int64_t memory_max) {
  std::int64_t groups = 0;
  for (const ScenarioGrid& grid : scenario.grids) groups += least_groups(*grid.plan);
  const std::int64_t each = kRankBytes + (groups > 0 ? kCreatorBytes : 0);
  const std::int64_t bytes = std::int64_t{scenario.world_size} * each + groups * kGroupBytes;
  if (bytes <= memory_max) return;
  throw InputError(scenario.file,
                   fmt::format("{} ranks with {} groups take at least {} MiB, and a run may take {} MiB here",
                               scenario.world_size, groups, bytes >> 20U, memory_max >> 20U),
                   "fewer ranks on the slowest axis make the same calls; `gridlock plan` and `gridlock lint` "
                   "run nothing");
}

}  // namespace gridlock
