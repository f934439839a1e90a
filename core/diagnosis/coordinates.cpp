#include "core/diagnosis/coordinates.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

/// Sets beyond this are not looked at: a report names many sets.
constexpr std::size_t kRankMax = 65'536;

/// Indexes that ranks have on one axis.
using Used = std::vector<bool>;

/// False when a rank is not in the grid.
bool mark(const Plan& plan, RankId rank, std::vector<Used>& used) {
  RankId place = plan.mapping().to_model(rank);
  if (place == kNoRank) return false;
  const std::vector<RankId>& sizes = plan.topology().sizes();
  for (std::size_t axis = sizes.size(); axis-- > 0; place /= sizes[axis])
    used[axis][static_cast<std::size_t>(place % sizes[axis])] = true;
  return true;
}

std::string indexes_text(const Used& used) {
  std::vector<RankId> indexes;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) indexes.push_back(static_cast<RankId>(i));
  }
  return RankSet(std::move(indexes)).to_string();
}

std::string in_grid(const std::string& name, const Plan& plan, const std::vector<RankId>& ranks) {
  std::vector<Used> used;
  for (const RankId size : plan.topology().sizes()) used.emplace_back(static_cast<std::size_t>(size), false);
  if (!std::all_of(ranks.begin(), ranks.end(), [&](RankId rank) { return mark(plan, rank, used); }))
    return "";
  std::size_t product = 1;
  std::string text;
  for (std::size_t axis = 0; axis < used.size(); ++axis) {
    const auto count = static_cast<std::size_t>(std::count(used[axis].begin(), used[axis].end(), true));
    product *= count;
    if (count == used[axis].size()) continue;
    text += fmt::format("{}{}.{}={}", text.empty() ? "" : ", ", name, plan.topology().get_axis_names()[axis],
                        indexes_text(used[axis]));
  }
  return product == ranks.size() ? text : "";
}

}  // namespace

std::string coordinates_text(const GroupTable& groups, const RankSet& ranks) {
  if (ranks.empty() || ranks.size() > kRankMax) return "";
  const std::vector<RankId> list = ranks.to_vector();
  // Of several grids the first by name: handles are numbered in the order in which ranks came to them.
  std::string first;
  for (const GridHandle grid : groups.grids()) {
    if (groups.name(grid).empty()) continue;
    std::string text = in_grid(groups.name(grid), *groups.plan(grid), list);
    if (!text.empty() && (first.empty() || text < first)) first = std::move(text);
  }
  return first;
}

}  // namespace gridlock
