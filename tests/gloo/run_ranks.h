#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/world/world.h"

namespace gridlock {

/// Runs `main` on every rank of a Gloo world. What it captures is copied into the ranks' processes: findings
/// come back as complaints.
RunResult run_ranks(RankId world_size, std::function<void(Rank&)> main,
                    std::chrono::milliseconds real_timeout = std::chrono::seconds(30));

RunResult run_ranks(RankId world_size, std::function<void(Rank&)> main, const RunOptions& options);

/// Complains unless `holds`; for use inside rank programs, where an EXPECT would be lost with the process.
void expect_on_rank(Rank& rank, bool holds, const std::string& what);

/// Fills the input that the rank gives to `call` (which names no buffers yet), runs it, and complains unless
/// the output is what core/pattern says. False when the call failed.
bool run_checked(Rank& rank, Call call);

/// The calls of a batch with buffers filled in; check() after the batch is complete.
class CheckedBatch {
 public:
  explicit CheckedBatch(Rank& rank) : rank_(rank) {}
  void add(Call call);
  Status run();
  void check();

 private:
  Rank& rank_;
  std::vector<Call> calls_;
};

}  // namespace gridlock
