#pragma once

#include <vector>

#include "core/history/histories.h"
#include "sim/digest.h"
#include "sim/rank_state.h"

namespace gridlock::sim {

/// Writes what a rank does into its history and into the digest of the run, before the world is entered.
class Recorder {
 public:
  /// All outlive the recorder; `now` is the clock of the run.
  Recorder(HistoryStore& store, Digest& digest, std::vector<RankState>& ranks, const Nanos& now)
      : store_(store), digest_(digest), ranks_(ranks), now_(now) {}

  void write(RankId rank, const Record& record) {
    HistoryNode& node = ranks_[static_cast<std::size_t>(rank)].node;
    node = store_.append(node, record);
    digest_.add(now_, rank, static_cast<std::uint64_t>(node));
  }
  HistoryStore& store() { return store_; }

 private:
  HistoryStore& store_;
  Digest& digest_;
  std::vector<RankState>& ranks_;
  const Nanos& now_;
};

}  // namespace gridlock::sim
