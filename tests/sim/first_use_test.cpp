#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

RunOptions cold(bool is_lazy) {
  RunOptions options = shape_options();
  options.semantics.first_use_blocks = true;
  options.semantics.lazy_communicators = is_lazy;
  options.semantics.pair_communicators = is_lazy;
  return options;
}

std::string code_of(const RunResult& result) {
  return result.verdict.diagnoses.empty() ? "none" : std::string(code_name(result.verdict.diagnoses[0].code));
}

TEST(FirstUse, ACollectiveBlocksTheHostUntilAllHaveCome) {
  Nanos returned{0};
  const RunResult result = simulate(cold(false), 2, [&](Rank& rank) {
    if (rank.id() == 1) (void)rank.compute(Nanos{5'000});
    const Ticket ticket = rank.submit(all_reduce()).ticket;
    if (rank.id() == 0) returned = rank.now();
    (void)rank.wait(ticket);
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(returned, Nanos{5'000});
}

TEST(FirstUse, TheSecondCollectiveDoesNotBlock) {
  Nanos returned{0};
  const RunResult result = simulate(cold(false), 2, [&](Rank& rank) {
    (void)rank.run(all_reduce());
    const Nanos start = rank.now();
    if (rank.id() == 1) (void)rank.compute(Nanos{5'000});
    const Ticket ticket = rank.submit(all_reduce()).ticket;
    if (rank.id() == 0) returned = rank.now() - start;
    (void)rank.wait(ticket);
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(returned, Nanos{0});
}

TEST(FirstUse, ACollectiveOfNothingConnectsNothing) {
  const RunResult result = simulate(cold(false), 2, [](Rank& rank) { (void)rank.submit(all_reduce(0)); });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(FirstUse, AMissingMemberIsBlamedThoughItsPartnersStandInTheHost) {
  const RunResult result = simulate(cold(true), 3, [](Rank& rank) {
    if (rank.id() != 2) (void)rank.submit(all_reduce());
  });
  EXPECT_EQ(host_of(result, 0), HostState::connecting);
  EXPECT_EQ(code_of(result), "COLL_MISSING_RANK");
  EXPECT_EQ(result.verdict.diagnoses[0].blame.ranks, RankSet({2}));
  EXPECT_EQ(result.verdict.diagnoses[0].waiting, RankSet({0, 1}));
}

TEST(FirstUse, ASendBlocksTheHostUntilThePeerReceives) {
  RunOptions options = cold(false);
  options.semantics.send_capacity_bytes = 1 << 20;
  const RunResult alone = simulate(options, 2, [](Rank& rank) {
    if (rank.id() == 0) (void)rank.submit(send(1));
  });
  EXPECT_EQ(host_of(alone, 0), HostState::connecting);
  EXPECT_EQ(code_of(alone), "P2P_UNMATCHED_SEND");
}

TEST(FirstUse, TwoThatSendFirstOnAColdPairGoOnAndLeaveNothingBehind) {
  RunOptions options = cold(false);
  options.semantics.send_capacity_bytes = 1 << 20;
  const auto program = [](Rank& rank, bool is_connected) {
    const GroupRank peer = 1 - rank.id();
    if (is_connected) {
      const std::vector<Call> both{send(peer), recv(peer)};
      (void)rank.wait(rank.submit(both).ticket);
    }
    const Ticket first = rank.submit(send(peer)).ticket;
    const Ticket second = rank.submit(recv(peer)).ticket;
    (void)rank.wait(first);
    (void)rank.wait(second);
  };
  const RunResult is_cold = simulate(options, 2, [&](Rank& rank) { program(rank, false); });
  EXPECT_EQ(host_of(is_cold, 0), HostState::waiting);
  EXPECT_EQ(code_of(is_cold), "P2P_CYCLE");
  EXPECT_EQ(outcome_of(simulate(options, 2, [&](Rank& rank) { program(rank, true); })), "passed");
}

TEST(FirstUse, AColdBatchWithSeveralPeersWaitsForAllOfThem) {
  const auto program = [](Rank& rank, bool all_come) {
    if (rank.id() == 0) {
      const std::vector<Call> batch{send(1), send(2)};
      (void)rank.wait(rank.submit(batch).ticket);
    } else if (all_come || rank.id() == 1) {
      (void)rank.run(recv(0));
    }
  };
  EXPECT_EQ(outcome_of(simulate(cold(false), 3, [&](Rank& rank) { program(rank, true); })), "passed");
  const RunResult result = simulate(cold(false), 3, [&](Rank& rank) { program(rank, false); });
  EXPECT_EQ(host_of(result, 0), HostState::connecting);
  EXPECT_EQ(host_of(result, 1), HostState::waiting);
  EXPECT_EQ(result.verdict.diagnoses.at(0).blame.ranks, RankSet({2}));
}

// torch, lazy: outside a batch the two ranks are enough, as a batch everybody is needed.
TEST(FirstUse, OnlyABatchNeedsTheWholeGroup) {
  const auto program = [](Rank& rank, bool is_batch) {
    if (rank.id() > 1) return;
    const Call call = rank.id() == 0 ? send(1) : recv(0);
    Request request;
    request.kind = RequestKind::submit;
    request.calls = std::span<const Call>(&call, 1);
    request.is_batch = is_batch;
    (void)rank.wait(rank.execute(request).ticket);
  };
  EXPECT_EQ(outcome_of(simulate(cold(true), 4, [&](Rank& rank) { program(rank, false); })), "passed");
  const RunResult batch = simulate(cold(true), 4, [&](Rank& rank) { program(rank, true); });
  EXPECT_EQ(code_of(batch), "COMM_INIT_MISSING_RANK");
  EXPECT_EQ(batch.verdict.diagnoses[0].blame.ranks, RankSet({2, 3}));
}

TEST(FirstUse, AGroupOfOneAndAGlooGroupNeedNoMeeting) {
  const RunResult result = simulate(cold(true), 2, [](Rank& rank) {
    GroupSpec alone;
    alone.members = Members::range(0, 1);
    const GroupHandle group = rank.new_group(alone).group;
    GroupSpec cpu;
    cpu.members = Members::range(0, 2);
    cpu.backend = BackendKind::gloo;
    const GroupHandle gloo = rank.new_group(cpu).group;
    if (rank.id() == 0) (void)rank.run(all_reduce(1, StreamId::main, group));
    (void)rank.run(all_reduce(1, StreamId::main, gloo));
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

}  // namespace
}  // namespace gridlock
