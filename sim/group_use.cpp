#include "sim/group_use.h"

namespace gridlock::sim {

GroupUse* search_group_use(const GroupTable& groups, RankId rank, RankState& state, GroupHandle handle) {
  for (std::size_t i = 0; i < state.groups.size(); ++i) {
    if (state.groups[i].handle != handle) continue;
    state.recent_group = static_cast<std::uint32_t>(i);
    return &state.groups[i];
  }
  const InstanceId instance = groups.resolve(handle, rank);
  if (instance == InstanceId::none) return nullptr;
  GroupUse added;
  added.handle = handle;
  added.instance = instance;
  added.group_rank = groups.instance(instance).spec.members.index_of(rank);
  added.counted_by = static_cast<std::int32_t>(state.groups.size());
  for (const GroupUse& use : state.groups) {
    if (use.instance == instance) {
      added.counted_by = use.counted_by;
      break;
    }
  }
  return &state.groups.emplace_back(added);
}

void destroy(RankState& state, const GroupUse& use) {
  state.groups[static_cast<std::size_t>(use.counted_by)].destroyed = true;
}

}  // namespace gridlock::sim
