#include "harness/run/rank_view.h"

namespace gridlock {

RankView::RankView(const Scenario& scenario, RankId rank)
    : scenario_(&scenario), rank_(rank), loops_(static_cast<std::size_t>(scenario.loop_depth_max), 0) {}

Label RankView::label(SiteId site, const Step& step) const {
  Label made;
  made.site = site;
  if (step.inner_loop >= 0) made.inner = static_cast<std::int32_t>(loop(step.inner_loop));
  if (step.outer_loop >= 0) made.outer = static_cast<std::int32_t>(loop(step.outer_loop));
  return made;
}

}  // namespace gridlock
