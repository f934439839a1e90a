#include "harness/model/scenario.h"

#include "core/grid/plan.h"

namespace gridlock {

RankId axis_index(const Scenario& scenario, const AxisRef& axis, RankId rank) {
  if (axis.is_rank()) return rank;
  const Plan& plan = *scenario.grids[static_cast<std::size_t>(axis.grid)].plan;
  const RankId model_rank = plan.mapping().to_model(rank);
  if (model_rank == kNoRank) return -1;
  if (axis.is_place) {
    const auto group = plan.family_group(static_cast<std::size_t>(axis.axis), model_rank);
    return group ? plan.members_of(*group).index_of(rank) : -1;
  }
  return plan.topology().index_at(static_cast<std::size_t>(axis.axis), model_rank);
}

}  // namespace gridlock
