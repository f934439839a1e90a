#pragma once

#include <span>

#include "core/history/history.h"
#include "sim/open_call.h"

namespace gridlock::sim {

/// Whether two calls that meet at one place ask for the same operation: kind, and, where the operation has
/// them, count or counts, dtype, op, scalar and root; for the two ends of a message count and dtype.
bool are_alike(const OpenCall& first, const OpenCall& second);

/// Whether what each rank of an all_to_all_v sends is what the others expect to receive. `calls` in group
/// order, one for every member.
bool is_split_consistent(const HistoryStore& store, std::span<const OpenCall* const> calls);

}  // namespace gridlock::sim
