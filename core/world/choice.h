#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/units.h"

namespace gridlock {

/// Where a run could have gone another way although its programs are the same: what the simulator decided by
/// its clock or by the numbers of ranks, and another machine may decide otherwise.
enum class ChoiceKind : std::uint8_t {
  kernel_slot,  ///< works of two groups were ready for the last room of a device
  deadline,     ///< a timeout passed, or a program waited with one
  test,         ///< a program asked whether work is complete
  fault,        ///< a fault at a time, or one that ended a rank with work open
  abort,        ///< an abort took back open work
  message,      ///< a send met a recv that does not fit: it is complete if it was left behind before
  threads,      ///< two host threads of a rank used one stream or group, or made collectives
  post,         ///< a name was posted twice, once as an error
};

/// "kernel_slot", "deadline" ...
std::string_view choice_name(ChoiceKind kind);
/// "which of two works got the room of a device" ...
std::string_view choice_meaning(ChoiceKind kind);

/// The first such choice of a kind, and how many there were.
struct ContendedChoice {
  ChoiceKind kind = ChoiceKind::kernel_slot;
  RankId rank = kNoRank;
  Nanos time{0};
  std::int64_t count = 0;
};

}  // namespace gridlock
