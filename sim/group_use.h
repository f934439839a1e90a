#pragma once

#include "core/grid/group_table.h"
#include "sim/rank_state.h"

namespace gridlock::sim {

/// The rank's use of a group, resolved and remembered at first use; nullptr when the rank is in no such
/// group. The pointer is valid until the next call for this rank.
GroupUse* search_group_use(const GroupTable& groups, RankId rank, RankState& state, GroupHandle handle);
inline GroupUse* find_group_use(const GroupTable& groups, RankId rank, RankState& state, GroupHandle handle) {
  // Mostly it is the one of the last call; a search reads them all.
  if (state.recent_group < state.groups.size() && state.groups[state.recent_group].handle == handle)
    return &state.groups[state.recent_group];
  return search_group_use(groups, rank, state, handle);
}

/// Next collective sequence number of the rank in that instance, whichever handle names it.
inline std::int32_t& next_sequence(RankState& state, const GroupUse& use) {
  return state.groups[static_cast<std::size_t>(use.counted_by)].next_sequence;
}

/// Whether the rank has destroyed the instance, by any of its handles.
inline bool is_destroyed(const RankState& state, const GroupUse& use) {
  return state.groups[static_cast<std::size_t>(use.counted_by)].destroyed;
}
/// The rank must not use the instance any more.
void destroy(RankState& state, const GroupUse& use);

}  // namespace gridlock::sim
