#include <gmock/gmock.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <thread>

#include "tests/gloo/run_ranks.h"

namespace gridlock {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

Call all_reduce(Rank& rank, std::int64_t count) {
  Call call;
  call.kind = CallKind::all_reduce;
  call.count = count;
  call.input = rank.allocate(count, DType::float32);
  call.output = rank.allocate(count, DType::float32);
  return call;
}

void all_reduce_times(Rank& rank, int times) {
  for (int i = 0; i < times; ++i) {
    if (!rank.run(all_reduce(rank, 4)).ok()) return;
  }
}

/// Code and blame of the first diagnosis.
std::string verdict(const RunResult& result) {
  if (result.verdict.diagnoses.empty()) return "nothing";
  const Diagnosis& first = result.verdict.diagnoses.front();
  return std::string(code_name(first.code)) + " blames " + first.blame.ranks.to_string();
}

TEST(Hang, OfARankThatSkipsACallIsEndedByTheRealTimeout) {
  const auto begin = Clock::now();
  const RunResult result = run_ranks(
      4, [](Rank& rank) { all_reduce_times(rank, rank.id() == 2 ? 2 : 3); }, seconds(2));
  EXPECT_GE(Clock::now() - begin, seconds(2));
  EXPECT_LT(Clock::now() - begin, seconds(8));
  EXPECT_EQ(result.end, RunEnd::quiescent);
  EXPECT_EQ(result.verdict.outcome, Outcome::stall);
  EXPECT_EQ(verdict(result), "COLL_MISSING_RANK blames 2");
}

TEST(Mismatch, OfCountsIsFoundBeforeDataMovesAndEndsTheRunEarly) {
  const auto begin = Clock::now();
  const RunResult result = run_ranks(
      4, [](Rank& rank) { static_cast<void>(rank.run(all_reduce(rank, rank.id() == 1 ? 5 : 4))); },
      seconds(60));
  EXPECT_LT(Clock::now() - begin, seconds(20));
  EXPECT_EQ(result.verdict.outcome, Outcome::mismatch);
  EXPECT_EQ(verdict(result), "COLL_COUNT_MISMATCH blames 1");
}

TEST(Mismatch, OfAMessageIsFoundAtBothEnds) {
  const RunResult result = run_ranks(
      2,
      [](Rank& rank) {
        Call call;
        call.kind = rank.id() == 0 ? CallKind::send : CallKind::recv;
        call.peer = 1 - rank.id();
        call.count = rank.id() == 0 ? 1000 : 10;
        (rank.id() == 0 ? call.input : call.output) = rank.allocate(call.count, DType::float32);
        static_cast<void>(rank.run(call));
      },
      seconds(60));
  EXPECT_EQ(result.verdict.outcome, Outcome::mismatch);
  EXPECT_THAT(verdict(result), HasSubstr("P2P_SIZE_MISMATCH"));
}

TEST(Mismatch, OfGroupCreationsIsFound) {
  const RunResult result = run_ranks(
      4,
      [](Rank& rank) {
        GroupSpec spec;
        spec.members = rank.id() == 3 ? Members::range(0, 3) : Members::range(0, 2);
        static_cast<void>(rank.new_group(spec));
      },
      seconds(60));
  EXPECT_EQ(verdict(result), "GROUP_CREATE_DIVERGENT blames 3");
}

TEST(LostRank, ThatWasKilledIsBlamed) {
  const RunResult result = run_ranks(4, [](Rank& rank) {
    all_reduce_times(rank, 2);
    if (rank.id() == 2) ::kill(::getpid(), SIGKILL);
    all_reduce_times(rank, 2);
  });
  EXPECT_EQ(result.verdict.outcome, Outcome::rank_lost);
  EXPECT_EQ(verdict(result), "RANK_FAILED_PEERS_WAIT blames 2");
  EXPECT_THAT(result.error, HasSubstr("rank 2: killed by signal 9 (Killed)"));
  EXPECT_EQ(result.histories->ranks[2].state, HostState::crashed);
}

TEST(LostRank, ThatThrewIsBlamedAndItsWordsAreKept) {
  const RunResult result = run_ranks(4, [](Rank& rank) {
    all_reduce_times(rank, 1);
    if (rank.id() == 0) throw std::runtime_error("no such checkpoint");
    all_reduce_times(rank, 1);
  });
  EXPECT_EQ(result.verdict.outcome, Outcome::rank_lost);
  EXPECT_EQ(verdict(result), "RANK_FAILED_PEERS_WAIT blames 0");
  EXPECT_THAT(result.error, HasSubstr("rank 0: no such checkpoint"));
}

TEST(LostRank, ThatLeftEarlyIsBlamed) {
  const RunResult result = run_ranks(3, [](Rank& rank) {
    all_reduce_times(rank, 1);
    if (rank.id() == 1) ::_exit(5);
    all_reduce_times(rank, 1);
  });
  EXPECT_EQ(result.histories->ranks[1].state, HostState::exited);
  EXPECT_EQ(verdict(result), "RANK_EXITED blames 1");
  EXPECT_THAT(result.error, HasSubstr("rank 1: left with exit code 5"));
}

TEST(LostRank, IsBlamedWhicheverCallItWasKilledAt) {
  for (int call = 0; call < 20; ++call) {
    const RunResult result = run_ranks(8, [call](Rank& rank) {
      for (int i = 0; i < 24; ++i) {
        if (rank.id() == 5 && i == call) ::kill(::getpid(), SIGKILL);
        all_reduce_times(rank, 1);
      }
    });
    EXPECT_EQ(result.verdict.outcome, Outcome::rank_lost) << call << result.error;
    EXPECT_EQ(verdict(result), "RANK_FAILED_PEERS_WAIT blames 5") << call;
  }
}

/// Suspends this process 0.2 s from now, wherever it is.
void suspend_soon() {
  ::signal(SIGALRM, [](int) { ::raise(SIGSTOP); });
  const itimerval soon{{0, 0}, {0, 200'000}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
}

TEST(SuspendedRank, InsideACallThatAllEnteredIsBlamed) {
  const RunResult result = run_ranks(
      4,
      [](Rank& rank) {
        all_reduce_times(rank, 1);
        if (rank.id() == 2) suspend_soon();
        // By now rank 2 stands in the call.
        if (rank.id() == 3) std::this_thread::sleep_for(milliseconds(500));
        all_reduce_times(rank, 1);
      },
      seconds(2));
  EXPECT_EQ(verdict(result), "HOST_BLOCKED blames 2");
  ASSERT_EQ(result.verdict.diagnoses.size(), 1U);
  EXPECT_EQ(result.verdict.diagnoses[0].certainty, Certainty::certain);
  EXPECT_EQ(result.verdict.diagnoses[0].waiting, RankSet({0, 1, 3}));
  EXPECT_THAT(result.error, HasSubstr("rank 2: its process was suspended"));
  EXPECT_TRUE(result.histories->ranks[2].is_suspended);
}

TEST(SuspendedRank, BeforeItsCallIsBlamed) {
  const RunResult result = run_ranks(
      3,
      [](Rank& rank) {
        all_reduce_times(rank, 1);
        if (rank.id() == 1) ::raise(SIGSTOP);
        all_reduce_times(rank, 1);
      },
      seconds(2));
  EXPECT_EQ(verdict(result), "HOST_BLOCKED blames 1");
  EXPECT_EQ(result.verdict.diagnoses[0].certainty, Certainty::certain);
}

TEST(SuspendedRank, ThatIsContinuedIsNoTrouble) {
  const RunResult result = run_ranks(
      3,
      [](Rank& rank) {
        const pid_t self = ::getpid();
        if (rank.id() == 1 && ::fork() == 0) {
          std::this_thread::sleep_for(milliseconds(600));
          ::kill(self, SIGCONT);
          ::_exit(0);
        }
        if (rank.id() == 1) ::raise(SIGSTOP);
        all_reduce_times(rank, 2);
      },
      seconds(30));
  EXPECT_EQ(result.verdict.outcome, Outcome::passed) << result.error;
}

/// Interrupts its own launcher that long after rank 0 came here.
void interrupt_launcher_after(milliseconds time, const Rank& rank) {
  if (rank.id() != 0) return;
  const pid_t launcher = ::getppid();
  if (::fork() != 0) return;
  std::this_thread::sleep_for(time);
  ::kill(launcher, SIGINT);
  ::_exit(0);
}

TEST(Interrupt, OfARunThatGoesOnBlamesNobody) {
  const RunResult result = run_ranks(
      3,
      [](Rank& rank) {
        interrupt_launcher_after(milliseconds(1500), rank);
        all_reduce_times(rank, 1'000'000);
      },
      seconds(30));
  EXPECT_EQ(result.verdict.outcome, Outcome::interrupted);
  EXPECT_EQ(verdict(result), "nothing");
}

TEST(Interrupt, OfARunThatHangsSaysWho) {
  const RunResult result = run_ranks(
      3,
      [](Rank& rank) {
        interrupt_launcher_after(seconds(4), rank);
        all_reduce_times(rank, rank.id() == 1 ? 3 : 4);
      },
      seconds(30));
  EXPECT_EQ(result.verdict.outcome, Outcome::interrupted);
  EXPECT_EQ(verdict(result), "COLL_MISSING_RANK blames 1");
}

TEST(Bound, OnRequestsIsAnOutcome) {
  RunOptions options;
  options.step_max = 20;
  const RunResult result = run_ranks(
      2, [](Rank& rank) { all_reduce_times(rank, 100); }, options);
  EXPECT_EQ(result.verdict.outcome, Outcome::step_limit);
}

TEST(Complaints, OfEveryRankComeBackInRankOrder) {
  const RunResult result =
      run_ranks(3, [](Rank& rank) { expect_on_rank(rank, rank.id() == 1, "not rank 1"); });
  ASSERT_EQ(result.complaints.size(), 2U);
  EXPECT_EQ(result.complaints[0].rank, 0);
  EXPECT_EQ(result.complaints[1].rank, 2);
  EXPECT_EQ(result.verdict.outcome, Outcome::expectation_failed);
}

}  // namespace
}  // namespace gridlock
