#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "core/base/units.h"

namespace gridlock::sim {

/// Stacks for ranks that run C++ code which may park: the one place that knows the fiber technology
/// (Boost.Fiber). The engine decides who runs; nothing here does. Used by the thread of its engine only.
/// Several hosts may exist on one thread, one inside another: a rank may run a world of its own.
///
/// While a host exists, it is the Boost.Fiber algorithm of its thread; other fibers of that thread wait. The
/// outermost host leaves round_robin behind.
class FiberHost {
 public:
  /// One fiber; owned by the host.
  class Fiber;
  /// What a fiber does for a rank. Must not throw.
  using Body = std::function<void(RankId)>;

  /// Throws InputError when there is no address space for that many stacks.
  FiberHost(std::size_t fiber_max, std::size_t stack_bytes, Body body);
  /// Requires: no fiber is parked.
  ~FiberHost();
  FiberHost(const FiberHost&) = delete;
  FiberHost& operator=(const FiberHost&) = delete;

  /// Runs the body for `rank` until it parks or ends: the fiber that is parked, nullptr when it has ended.
  Fiber* start(RankId rank);
  /// Goes on with a parked fiber until it parks again (true) or ends (false).
  bool resume(Fiber* fiber);
  /// Called on a fiber of this host: goes back to start or resume. Returns when somebody resumes it.
  void park();

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Stack size for a run of that many fibers: generous while address space is cheap, small for very large
/// worlds.
std::size_t default_stack_bytes(std::size_t fiber_count);

}  // namespace gridlock::sim
