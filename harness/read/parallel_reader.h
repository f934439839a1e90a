#pragma once

#include <string>

#include "harness/read/read_context.h"

namespace gridlock {

/// Reads the threads of a parallel step: a list of { name, steps, only, except }. A thread without a name is
/// "thread 1", "thread 2" ... by its place. Throws InputError: for no threads, two of one name, and a ticket
/// that one thread waits for and another one makes.
ParallelAction read_parallel(ReadContext& context, const JsonCursor& list);

/// Throws InputError when the action may not stand in a thread: what makes groups, and another parallel step.
void check_thread_action(const JsonCursor& step, const std::string& action);

/// Threads of one parallel step.
inline constexpr std::size_t kThreadMax = 64;

}  // namespace gridlock
