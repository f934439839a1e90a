#pragma once

#include <vector>

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// A collective by its place in the order of its group; `group` is what the rank that is looked at calls it.
struct CallPlace {
  InstanceId instance = InstanceId::none;
  GroupHandle group = GroupHandle::none;
  std::int32_t sequence = 0;
};

/// Who makes two collectives in which order, planned calls included. Ranks that make neither of them, or
/// whose history does not tell, are in no list. A rank that makes one of them only makes that one first.
struct OrderVotes {
  std::vector<RankId> first;   ///< a before b
  std::vector<RankId> second;  ///< b before a

  bool has_majority() const { return first.size() != second.size(); }
  /// Requires: has_majority().
  const std::vector<RankId>& majority() const { return first.size() > second.size() ? first : second; }
  const std::vector<RankId>& minority() const { return first.size() > second.size() ? second : first; }
};

/// Votes of the ranks that are in both groups, which have to agree. O(members), and O(length) per distinct
/// history.
OrderVotes members_votes(Evidence& evidence, const CallPlace& a, const CallPlace& b);
/// Votes of all ranks that have groups of these two families, as witnesses of what the program is.
OrderVotes replicas_votes(Evidence& evidence, const CallPlace& a, const CallPlace& b);

}  // namespace gridlock
