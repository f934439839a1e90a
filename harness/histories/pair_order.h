#pragma once

#include <map>
#include <vector>

#include "core/grid/group_table.h"
#include "core/history/history.h"

namespace gridlock {

/// Numbers sends and receives by their place among those of their ordered pair. Where a ring buffer lost the
/// beginning, the two ends are laid against each other at the last ones that completed: a receive completes
/// with its send, and a send may be ahead of it by as many as fit into buffers.
class PairOrder {
 public:
  /// The calls of one dump, and which of them had completed.
  struct Calls {
    RankId rank = kNoRank;
    bool starts_late = false;
    std::vector<Record> records;
    std::vector<bool> is_completed;
  };

  /// Fills Record::sequence of all sends and receives.
  static void number(const GroupTable& groups, std::vector<Calls>& dumps);

 private:
  struct Pair {
    InstanceId group;
    GroupRank from;
    GroupRank to;

    auto operator<=>(const Pair&) const = default;
  };
  /// One end's calls, oldest first.
  struct End {
    std::vector<Record*> calls;
    bool starts_late = false;
    std::size_t completed = 0;
  };
  struct Ends {
    End sends;
    End receives;
  };

  static std::map<Pair, Ends> collect(const GroupTable& groups, std::vector<Calls>& dumps);
  static bool fits(const Ends& ends, std::size_t lead);
  static void number(Ends& ends);
};

}  // namespace gridlock
