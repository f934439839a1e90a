#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// Which ranks run the same program, as far as their collectives tell: the other replicas of a rank are
/// witnesses of what it was meant to do. Groups count by their names with all digits left out, so that
/// "data_0" and "data_1", or two groups of one family, are one.
class Programs {
 public:
  explicit Programs(Evidence& evidence) : evidence_(evidence) {}

  /// Ranks that made the same collectives up to and including `call`, which `rank` made; itself among them.
  /// O(records of all histories) at the first use.
  std::vector<RankId> like(RankId rank, const Record& call);

 private:
  /// A collective and the hash of all collectives up to it.
  struct Step {
    const Record* call;
    std::uint64_t hash;
  };

  const std::vector<Step>& steps(RankId rank);
  std::uint64_t group_hash(GroupHandle group);

  Evidence& evidence_;
  // By history node and by group; only looked up.
  std::unordered_map<std::uint32_t, std::vector<Step>> steps_;
  std::unordered_map<std::int32_t, std::uint64_t> group_hashes_;
};

}  // namespace gridlock
