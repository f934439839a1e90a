#include "nccl_backend/split_plan.h"

#include <algorithm>

namespace gridlock {

std::vector<Split> plan_splits(RankId world_size, std::span<const Members> groups) {
  std::vector<Split> splits;
  std::vector<std::vector<bool>> taken;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].size() < 2) continue;
    const auto has_room = [&](const std::vector<bool>& ranks) {
      for (GroupRank member = 0; member < groups[i].size(); ++member) {
        if (ranks[static_cast<std::size_t>(groups[i][member])]) return false;
      }
      return true;
    };
    auto place = std::find_if(taken.begin(), taken.end(), has_room);
    if (place == taken.end()) {
      taken.emplace_back(static_cast<std::size_t>(world_size));
      splits.emplace_back();
      place = taken.end() - 1;
    }
    splits[static_cast<std::size_t>(place - taken.begin())].push_back(i);
    groups[i].for_each([&](RankId rank) { (*place)[static_cast<std::size_t>(rank)] = true; });
  }
  return splits;
}

}  // namespace gridlock
