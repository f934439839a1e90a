#include "harness/run/rank_view.h"

namespace gridlock {

RankView::RankView(const Scenario& scenario, RankId rank)
    : scenario_(&scenario), rank_(rank), loops_(static_cast<std::size_t>(scenario.loop_depth_max), 0) {}

Label RankView::label(SiteId site, const Step& step) const {
  Label made;
  made.site = site;
  for (std::size_t i = 0; i < kLoopsShown && step.loops[i] >= 0; ++i)
    made.turns[i] = static_cast<std::int32_t>(loop(step.loops[i]));
  return made;
}

}  // namespace gridlock
