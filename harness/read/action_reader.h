#pragma once

#include <string>
#include <vector>

#include "harness/read/read_context.h"

namespace gridlock {

/// Keys that say what a step does: the operations, batch, repeat, parallel and the plain actions.
std::vector<std::string> action_names();

/// The value of an action that is neither operation, batch, repeat nor parallel:
///   compute      a duration                        create_grid   name of a grid
///   new_group    { name, ranks, backend, timeout_s }   destroy   name of a group
///   post         name, or { name, fails }          await         name, or { name, timeout }
///   wait         name of a ticket                  synchronize   number of a stream, or true for stream 0
///   fill         { buffer, count, dtype, value }   expect        see read_expect
/// Throws InputError.
Action read_plain_action(const ReadContext& context, const std::string& action, const JsonCursor& value);

}  // namespace gridlock
