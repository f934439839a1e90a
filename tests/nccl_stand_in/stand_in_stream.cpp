#include "tests/nccl_stand_in/stand_in_stream.h"

#include <algorithm>

namespace gridlock {
namespace {

/// Whether the work is over; starts it when it can be.
bool is_over(StandInWork& work, bool& moved) {
  if (work.copy) {
    work.copy();
    return true;
  }
  if (work.record) {
    *work.record = true;
    return true;
  }
  if (work.wait) return *work.wait;
  StandInKernel& kernel = *work.kernel;
  if (!work.at_head) {
    work.at_head = true;
    moved = true;
    if (++kernel.heads == kernel.stream_count) {
      for (const auto& part : kernel.parts) part->started = true;
    }
  }
  return kernel.heads == kernel.stream_count &&
         std::all_of(kernel.parts.begin(), kernel.parts.end(), [](const auto& part) { return part->done; });
}

}  // namespace

bool advance(StandInStream& stream) {
  bool moved = false;
  while (!stream.work.empty() && is_over(stream.work.front(), moved)) {
    stream.work.pop_front();
    moved = true;
  }
  return moved;
}

}  // namespace gridlock
