#include "harness/run/rank_view.h"

#include "core/grid/plan.h"

namespace gridlock {

RankView::RankView(const Scenario& scenario, RankId rank)
    : scenario_(&scenario), rank_(rank), loops_(static_cast<std::size_t>(scenario.loop_depth_max), 0) {
  for (const ScenarioGrid& grid : scenario.grids) {
    first_axis_of_grid_.push_back(static_cast<std::int32_t>(coordinates_.size()));
    const RankId model_rank = grid.plan->mapping().to_model(rank);
    if (model_rank == kNoRank) {
      coordinates_.resize(coordinates_.size() + grid.plan->topology().sizes().size(), -1);
      continue;
    }
    const std::vector<RankId> coordinate = grid.plan->topology().get_coord(model_rank);
    coordinates_.insert(coordinates_.end(), coordinate.begin(), coordinate.end());
  }
}

RankId RankView::index(const AxisRef& axis) const {
  if (axis.is_rank()) return rank_;
  if (axis.is_place) return axis_index(*scenario_, axis, rank_);
  const std::int32_t place = first_axis_of_grid_[static_cast<std::size_t>(axis.grid)] + axis.axis;
  return coordinates_[static_cast<std::size_t>(place)];
}

Label RankView::label(SiteId site, const Step& step) const {
  Label made;
  made.site = site;
  if (step.inner_loop >= 0) made.inner = static_cast<std::int32_t>(loop(step.inner_loop));
  if (step.outer_loop >= 0) made.outer = static_cast<std::int32_t>(loop(step.outer_loop));
  return made;
}

}  // namespace gridlock
