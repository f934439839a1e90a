#pragma once

#include <cstdint>
#include <optional>

#include "core/call.h"

namespace gridlock {

/// What a call touches on its own rank, in elements: `input` from input_first of its input buffer, `output`
/// from output_first of its output buffer.
struct CallExtents {
  std::int64_t input = 0;
  std::int64_t input_first = 0;
  std::int64_t output = 0;
  std::int64_t output_first = 0;
};

/// The local checks that every world makes before anything is enqueued (rule S18), as far as they need no
/// buffer: root or peer in range, no negative count, counts of the right number, sizes that do not overflow,
/// a scalar that the type can hold, input and output the same buffer only where the operation has an in-place
/// form (the own share then lies at its place inside the larger extent). Nothing when one fails. Requires:
/// 0 <= rank < size.
std::optional<CallExtents> call_extents(const Call& call, GroupRank rank, GroupRank size);

}  // namespace gridlock
