#pragma once

#include "core/grid/group_table.h"
#include "sim/rank_state.h"

namespace gridlock::sim {

/// The rank's use of a group, resolved and remembered at first use; nullptr when the rank is in no such
/// group. The pointer is valid until the next call for this rank.
GroupUse* find_group_use(const GroupTable& groups, RankId rank, RankState& state, GroupHandle handle);

/// Next collective sequence number of the rank in that instance, whichever handle names it.
std::int32_t& next_sequence(RankState& state, const GroupUse& use);

/// Whether the rank has destroyed the instance, by any of its handles.
bool is_destroyed(const RankState& state, const GroupUse& use);
/// The rank must not use the instance any more.
void destroy(RankState& state, const GroupUse& use);

}  // namespace gridlock::sim
