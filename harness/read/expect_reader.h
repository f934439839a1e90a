#pragma once

#include "harness/read/read_context.h"

namespace gridlock {

/// The value of an "expect" step; one key says what is looked at:
///
///   { "accessor": "actor.get_stage_id", "value": 1 }       null is Python's None; groups are lists of ranks;
///                                                          stage_to_global also takes "stage"
///   { "members": "actor.tensor", "ranks": [0, 1] }         null or []: the rank is in no such group
///   { "group_rank": "actor.tensor", "value": 0 }           -1: not a member
///   { "buffer": "x", "value": 4 }                          or "values": one per element
///   { "contributors": "x", "ranks": [0, 1] }               or "group": its members
///
/// Ranks may be listed per index of an axis: { "by": "actor.data", "values": [[0, 1], [2, 3]] }.
/// Throws InputError.
ExpectAction read_expect(const ReadContext& context, const JsonCursor& cursor);

/// The root's "expect": how the run should end. Throws InputError.
Expectation read_expectation(const ReadContext& context, const JsonCursor& cursor);

}  // namespace gridlock
