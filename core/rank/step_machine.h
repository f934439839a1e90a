#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/rank/rank.h"

namespace gridlock {

/// Calls and posts that a program would make, in order, without buffers and uneven counts.
struct IntendedCalls {
  std::vector<Call> calls;
  /// What Call::notes point to; a deque, so that they stay where they are.
  std::deque<CallNotes> notes;
  struct Post {
    std::string name;
    Label label;
    /// Number of calls before it.
    std::size_t before = 0;
  };
  std::vector<Post> posts;
  /// There may be more.
  bool is_cut = false;
};

/// A rank's program as a resumable machine that never parks inside itself: a fiber or a process can host it,
/// and the simulator can host it without a stack, with the same history and digest. One object per rank, used
/// by that rank only.
class StepMachine {
 public:
  virtual ~StepMachine() = default;

  /// The next request, given the answer to the last one (a default Reply at first). What the request points
  /// to stays valid until the next call. RequestKind::done ends the program; next is not called again after
  /// that, nor after a reply with world_ended.
  virtual Request next(RankContext& rank, const Reply& last) = 0;

  /// The calls that the program would make after the one it is parked in, at most `max` of them, without
  /// making them: what a stalled rank still intends tells a rank that would have come from one that never
  /// would. Calls on groups that are not created yet are left out. Empty when the program cannot tell.
  virtual IntendedCalls intended_calls(RankContext& /*rank*/, std::size_t /*max*/) { return {}; }
};

/// What the ranks of a run execute: either a C++ function called once per rank (it may park; it runs on a
/// stack of its own), or a maker of step machines. Exactly one is set. Both are called once per rank and run.
struct RankProgram {
  RankId world_size = 0;
  std::function<void(Rank&)> main;
  std::function<std::unique_ptr<StepMachine>(RankId)> machine;
  /// Most threads that a parallel request of the program has. Worlds of real processes run none.
  std::int32_t thread_max = 0;
};

/// Runs a machine to its end on a rank that may park: how fibers and processes host step machines. False when
/// the run ended before the program did.
bool host_machine(Rank& rank, StepMachine& machine);

}  // namespace gridlock
