#pragma once

#include <string_view>

#include "harness/read/read_context.h"

namespace gridlock {

/// Which ranks run something. Accepted: a rank, a list [0, 3, "8-11"], a range "0-3" or "0-3, 8, 16-64 step
/// 16", "all", and an object whose members must all hold:
///   "rank": ranks as above       "grid": "actor" (members of that grid)
///   "actor.pipe": indexes        with "grid" given also the bare axis: "pipe": 1, "tensor": [0, 1]
///   "m": values of a loop variable around the step
/// Throws InputError for unknown names, and for ranks and indexes that do not exist.
Selection read_selection(const ReadContext& context, const JsonCursor& cursor);

/// `only` and `except` of a step, both optional.
Guard read_guard(const ReadContext& context, const JsonCursor& step);

/// A number, a list or a range of numbers from 0 to size - 1; `noun` names one of them in errors ("rank").
RankSet read_index_set(const JsonCursor& cursor, std::int64_t size, std::string_view noun);

/// Ranks written in any form of a selection, as the members of a group. Throws InputError for loop variables,
/// and when no rank is left. O(world) for selections that mix ranks and coordinates.
Members read_members(const ReadContext& context, const JsonCursor& cursor);

}  // namespace gridlock
