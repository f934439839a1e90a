#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "core/data/reference.h"

namespace gridlock {

class StandInComm;

/// One call of NCCL by one rank: its part of an operation of all members.
struct StandInPart {
  DataMovement movement;
  /// Bytes per element are those of movement.dtype.
  const std::byte* input = nullptr;
  std::byte* output = nullptr;
  StandInComm* comm = nullptr;
  bool started = false;
  bool done = false;
};

/// What one group of calls becomes on the device: starts when it is at the head of all its streams, and
/// leaves them all when all its parts are done.
struct StandInKernel {
  std::vector<std::shared_ptr<StandInPart>> parts;
  std::size_t stream_count = 0;
  std::size_t heads = 0;
};

/// A point of a stream; an event refers to the last one it recorded.
using StandInPoint = std::shared_ptr<bool>;
struct StandInEvent {
  StandInPoint point;
};

/// One entry of a stream; exactly one of the fields is set.
struct StandInWork {
  std::function<void()> copy;
  StandInPoint record;
  StandInPoint wait;
  std::shared_ptr<StandInKernel> kernel;
  bool at_head = false;
};

struct StandInStream {
  std::deque<StandInWork> work;
};

/// Lets the head of the stream go on as far as it can; true when anything moved.
bool advance(StandInStream& stream);

}  // namespace gridlock
