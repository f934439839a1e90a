// One process of a run is killed, at each of its calls in turn and in the middle of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "tests/gloo/run_ranks.h"

namespace gridlock {
namespace {

using std::chrono::microseconds;

constexpr RankId kRanks = 8;
/// Kills of one run of the tests; GRIDLOCK_KILLS asks for another number.
constexpr int kKills = 16;

int kill_count() {
  const char* asked = std::getenv("GRIDLOCK_KILLS");
  return asked == nullptr ? kKills : std::atoi(asked);
}

/// Who is killed, before which of its calls, and how long after it began; at once where nothing is said.
struct Kill {
  RankId victim;
  int call;
  microseconds after;
};

/// Counts the calls of a rank and kills it at the one that was chosen.
class Fate {
 public:
  Fate(const Rank& rank, const Kill& kill) : kill_(kill), is_victim_(rank.id() == kill.victim) {}

  void next_call() {
    if (!is_victim_ || calls_++ != kill_.call) return;
    if (kill_.after == microseconds(0)) ::kill(::getpid(), SIGKILL);
    std::thread([after = kill_.after] {
      std::this_thread::sleep_for(after);
      ::kill(::getpid(), SIGKILL);
    }).detach();
  }
  /// The victim does not get past its last call.
  void end() const {
    while (is_victim_) ::pause();
  }

 private:
  Kill kill_;
  bool is_victim_;
  int calls_ = 0;
};

bool run_collective(Rank& rank, Fate& fate, CallKind kind, GroupHandle group, std::int64_t count) {
  fate.next_call();
  Call call;
  call.kind = kind;
  call.group = group;
  if (kind != CallKind::barrier) call.count = count;
  if (kind == CallKind::broadcast) call.peer = 1;
  return run_checked(rank, call);
}

bool run_ring(Rank& rank, Fate& fate, std::int64_t count) {
  fate.next_call();
  CheckedBatch batch(rank);
  Call call;
  call.count = count;
  call.kind = CallKind::send;
  call.peer = (rank.id() + 1) % kRanks;
  batch.add(call);
  call.kind = CallKind::recv;
  call.peer = (rank.id() + kRanks - 1) % kRanks;
  batch.add(call);
  return batch.run().ok();
}

constexpr int kCalls = 12;

/// Two steps of training on a grid; twelve calls with the creation of the grid.
void train(Rank& rank, const Kill& kill) {
  Fate fate(rank, kill);
  const auto plan = std::make_shared<const Plan>(
      GridSpec{pipe_data_tensor({2, 2, 2}), areal_recipe(), RankMapping::identity(kRanks)}, kRanks);
  fate.next_call();
  const Reply grid = rank.create_grid(plan, "actor");
  if (!grid.status.ok()) return;
  const auto family = [&](std::string_view name) { return rank.groups().family(grid.grid, name); };
  bool goes_on = run_collective(rank, fate, CallKind::barrier, GroupHandle::world, 0);
  for (int step = 0; goes_on && step < 2; ++step) {
    goes_on = run_collective(rank, fate, CallKind::all_gather, family("tensor"), 1000) &&
              run_ring(rank, fate, 200'000) &&
              run_collective(rank, fate, CallKind::all_to_all, family("pipe"), 5) &&
              run_collective(rank, fate, CallKind::reduce_scatter, family("data"), 100'000) &&
              run_collective(rank, fate, CallKind::all_reduce, GroupHandle::world, 3000);
  }
  fate.end();
}

/// Outcome, code and blame; "... or late" for a code that tells that nobody waited any more.
std::string verdict(const RunResult& result) {
  if (result.verdict.diagnoses.empty()) return std::string(outcome_name(result.verdict.outcome));
  const Diagnosis& first = result.verdict.diagnoses.front();
  return fmt::format("{} {} blames {}", outcome_name(result.verdict.outcome), code_name(first.code),
                     first.blame.ranks.to_string());
}

TEST(Kill, OfAnyRankAtAnyOfItsCallsIsBlamedOnThatRank) {
  for (int i = 0; i < kill_count(); ++i) {
    // A kill in the middle of a call comes early or late in it.
    constexpr std::array<microseconds, 4> kAfter = {microseconds(0), microseconds(60), microseconds(400),
                                                    microseconds(1500)};
    const Kill kill{i * 3 % kRanks, (i * 5 + i / 24) % kCalls,
                    kAfter[static_cast<std::size_t>((i + i / 8) % 4)]};
    const RunResult result = run_ranks(kRanks, [kill](Rank& rank) { train(rank, kill); });
    // The last call may be complete on all other ranks before its kill comes.
    const std::string needed = fmt::format("rank_lost RANK_FAILED_PEERS_WAIT blames {}", kill.victim);
    const std::string unneeded = fmt::format("rank_lost RANK_EXITED blames {}", kill.victim);
    const std::string got = verdict(result);
    const bool may_be_late = kill.after > microseconds(0);
    EXPECT_TRUE(got == needed || (may_be_late && got == unneeded))
        << "kill " << i << " of rank " << kill.victim << " at call " << kill.call << " after "
        << kill.after.count() << " us: " << got << "\n"
        << result.error;
  }
}

}  // namespace
}  // namespace gridlock
