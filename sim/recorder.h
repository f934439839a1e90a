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
    RankState& own = ranks_[static_cast<std::size_t>(rank)];
    if (own.thread < 0) {
      own.node = store_.append(own.node, record);
    } else {
      Record of_thread = record;
      of_thread.thread = own.thread;
      own.node = store_.append(own.node, of_thread);
    }
    digest_.add(now_, rank, static_cast<std::uint64_t>(own.node));
  }
  HistoryStore& store() { return store_; }

 private:
  HistoryStore& store_;
  Digest& digest_;
  std::vector<RankState>& ranks_;
  const Nanos& now_;
};

}  // namespace gridlock::sim
