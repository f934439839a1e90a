#pragma once

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// Whether a rank that has not made a call would still have made it, had its own wait ended.
enum class Coming : std::uint8_t {
  yes,  ///< its program intends it
  no,  ///< it has ended, its program does not intend it or intends fewer calls than the one that waits, or it
       ///< is past that place
  unknown,  ///< the histories do not tell
};

/// Whether a rank would still come, and how sure that is.
struct ComingAnswer {
  Coming coming = Coming::unknown;
  /// False when it was concluded from labels or from the rhythm of earlier calls.
  bool is_certain = true;
};

/// Would `rank` still make its part of the collective that `waiting` is on member `waiting_rank`?
ComingAnswer is_coming(Evidence& evidence, RankId rank, InstanceId instance, RankId waiting_rank,
                       const Record& waiting);
/// Would the rank of that end still call it? `waiting` is the other end, on its partner `waiting_rank`.
ComingAnswer is_coming(Evidence& evidence, const TransferEnd& end, RankId waiting_rank,
                       const Record& waiting);

/// Would `rank` still use the group at all?
Coming is_coming_to_group(Evidence& evidence, RankId rank, InstanceId instance);

/// Whether label a stands in a later iteration than b: of one outer loop ("step"), or of the inner loop at
/// the same site. Other inner loops do not tell: pipelines run the forward of micro-batch 3 before the
/// backward of micro-batch 2.
bool is_later_iteration(const SiteTable& sites, const Label& a, const Label& b);

}  // namespace gridlock
