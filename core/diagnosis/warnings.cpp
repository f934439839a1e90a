#include <fmt/format.h>

#include <array>
#include <map>
#include <string>

#include "core/diagnosis/describe.h"
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

std::vector<Diagnosis> find_buffer_races(Evidence& evidence) {
  // Ranks that say the same make one warning.
  using Sides = std::array<std::array<std::string, 3>, 2>;
  std::map<Sides, std::vector<RankId>> races;
  for (const BufferRace& race : evidence.histories().buffer_races) {
    Sides sides;
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const TicketCall& at = i == 0 ? race.first : race.second;
      const auto calls = evidence.calls_of(race.rank, static_cast<std::int64_t>(at.ticket));
      const Record& call = *calls[static_cast<std::size_t>(at.index)];
      sides[i] = {fmt::format("{} (stream {})", call_text(evidence, race.rank, call),
                              static_cast<std::int32_t>(call.stream)),
                  label_text(evidence, call), place_text(evidence, call)};
    }
    races[sides].push_back(race.rank);
  }
  std::vector<Diagnosis> warnings;
  for (const auto& [sides, ranks] : races) {
    Diagnosis warning;
    warning.code = Code::BUFFER_RACE;
    warning.severity = Severity::warning;
    warning.blame = {RankSet(ranks), Relation::owner, {}};
    for (const auto& [call, label, place] : sides) {
      warning.first_divergence.push_back({warning.blame.ranks, call, label, place});
    }
    warning.summary = fmt::format("Two calls of {} touch one buffer, and nothing orders them: {} and {}.",
                                  ranks_text(warning.blame.ranks), sides[0][0], sides[1][0]);
    warning.hint = code_info(warning.code).fix;
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace gridlock
