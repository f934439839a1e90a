#pragma once

#include <cstdint>
#include <vector>

#include "launch/rank_host.h"

namespace gridlock {

/// The place where all ranks meet for each creation, over what they tell each other through their hosts. Used
/// by the rank's main thread.
class HostMeeting {
 public:
  enum class Result : std::uint8_t { agreed, differ, ended };

  /// The host outlives this.
  HostMeeting(RankHost& host, RankId world_size) : host_(host), world_size_(world_size) {}

  /// Parks until every rank of the world has come to each of these creations, in order. `identities` are
  /// those of RankLedger. differ: the ranks do not create the same, and this creation never comes about.
  Result pass(const std::vector<std::uint64_t>& identities);

 private:
  RankHost& host_;
  RankId world_size_;
  std::int64_t round_ = 0;
};

}  // namespace gridlock
