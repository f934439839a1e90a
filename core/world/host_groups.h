#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/rank/accepted_call.h"

namespace gridlock {

/// A call that was accepted, with everything that is needed to run it on host memory.
struct HostCall : AcceptedCall {
  Members members;
  /// Exactly what the operation reads and writes on this rank; empty when it does not.
  std::span<const std::byte> input;
  std::span<std::byte> output;
  /// Keeps that memory as long as the call is open.
  std::shared_ptr<const void> memory;
};

/// Moves the data of groups that a world cannot move itself: the gloo twins of a grid's groups in a world of
/// GPUs. One for each rank, used by the rank's main thread; nothing in it blocks. It works on one thing at a
/// time: connect or start, until state() is no longer running.
class HostGroups {
 public:
  enum class State : std::uint8_t {
    running,
    complete,
    unlike_calls,  ///< the members' calls do not fit together; it will never be complete
    peer_lost,     ///< the connection to another rank broke
    failed,        ///< it failed in another way
  };

  virtual ~HostGroups() = default;

  /// Begins to connect to all other ranks, which do the same.
  virtual void connect() = 0;
  /// Begins the calls of one submit, which are independent of each other but for collectives of one group.
  /// Requires: connected; groups of at least two members.
  virtual void start(std::vector<HostCall> calls) = 0;
  virtual State state() const = 0;
  /// About a state that is neither running nor complete.
  virtual std::string error() const = 0;
};

/// Where the ranks of a run are, for who makes their HostGroups.
struct HostGroupsPlace {
  RankId rank = 0;
  RankId world_size = 1;
  /// A folder that all ranks share and nobody else uses.
  std::string folder;
  /// The network interface to listen on; empty: loopback.
  std::string interface;
  /// How long to wait for other ranks at most.
  std::chrono::milliseconds timeout{0};
};

/// Called in the rank's process. Worlds do not know each other: who makes a world passes this.
using HostGroupsFactory = std::function<std::unique_ptr<HostGroups>(const HostGroupsPlace&)>;

}  // namespace gridlock
