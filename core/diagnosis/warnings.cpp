#include "core/diagnosis/finding.h"
#include "core/grid/plan.h"

namespace gridlock {

std::vector<Diagnosis> find_rank_order_surprises(const Histories& histories) {
  std::vector<Diagnosis> warnings;
  for (const GridHandle grid : histories.groups.grids()) {
    const auto plan = histories.groups.plan(grid);
    const auto surprise = plan->group_rank_order_surprise();
    if (!surprise) continue;
    Diagnosis warning;
    warning.code = Code::GROUP_RANK_ORDER_SURPRISE;
    warning.severity = Severity::warning;
    std::vector<RankId> ranks;
    for (RankId model_rank = 0; model_rank < plan->topology().world_size(); ++model_rank) {
      ranks.push_back(plan->mapping().to_world(model_rank));
    }
    warning.blame.ranks = RankSet(std::move(ranks));
    warning.blame.relation = Relation::all;
    warning.summary = *surprise;
    warning.hint = code_info(warning.code).fix;
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace gridlock
