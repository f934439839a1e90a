#include <gtest/gtest.h>

#include "tests/checked_call.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

RunOptions with_capacity(std::int64_t bytes, Payload payload = Payload::shape) {
  RunOptions options;
  options.payload = payload;
  options.semantics.send_capacity_bytes = bytes;
  return options;
}

/// Both ranks send before they receive: passes only when messages may be left behind.
void head_on(Rank& rank, std::int64_t count) {
  const GroupRank peer = 1 - rank.id();
  if (!rank.run(send(peer, count)).ok()) return;
  (void)rank.run(recv(peer, count));
}

TEST(Messages, WithoutCapacityASendWaitsForItsRecv) {
  const RunResult result = simulate(with_capacity(0), 2, [](Rank& rank) { head_on(rank, 1); });
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(code_name(result.verdict.diagnoses.at(0).code), "P2P_CYCLE");
}

TEST(Messages, WithinTheCapacityASendIsLeftBehind) {
  EXPECT_EQ(outcome_of(simulate(with_capacity(400), 2, [](Rank& rank) { head_on(rank, 100); })), "passed");
}

TEST(Messages, OneByteMoreThanTheCapacityHangs) {
  EXPECT_EQ(outcome_of(simulate(with_capacity(399), 2, [](Rank& rank) { head_on(rank, 100); })), "stall");
}

TEST(Messages, TheCapacityIsSharedByAllMessagesOfAPairAndFreedByRecvs) {
  // Room for two messages. Rank 1 takes one before the third is sent.
  const auto program = [](Rank& rank, int sends_before_post) {
    for (int i = 0; rank.id() == 0 && i < 3; ++i) {
      if (i == sends_before_post) (void)rank.await("taken");
      (void)rank.run(send(1));
    }
    if (rank.id() == 0) (void)rank.post("sent");
    if (rank.id() == 1 && sends_before_post < 3) (void)rank.run(recv(0));
    (void)rank.post("taken");
    if (rank.id() == 1) (void)rank.await("sent");
    for (int i = sends_before_post < 3 ? 1 : 0; rank.id() == 1 && i < 3; ++i) (void)rank.run(recv(0));
  };
  EXPECT_EQ(outcome_of(simulate(with_capacity(8), 2, [&](Rank& rank) { program(rank, 2); })), "passed");
  EXPECT_EQ(outcome_of(simulate(with_capacity(8), 2, [&](Rank& rank) { program(rank, 3); })), "stall");
}

TEST(Messages, ALeftBehindMessageKeepsTheDataItHadWhenItWasSent) {
  const RunResult result = simulate(with_capacity(1000, Payload::data), 2, [](Rank& rank) {
    const CheckedCall checked = prepare(rank, rank.id() == 0 ? send(1, 8) : recv(0, 8));
    if (rank.id() == 1) (void)rank.compute(Nanos{1'000'000});
    (void)rank.run(checked.call);
    check_and_free(rank, checked);
    if (rank.id() == 0)
      rank.upload(rank.allocate(8, DType::float32), std::vector<std::byte>(32, std::byte{0xff}));
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(Messages, ACallOfABatchThatIsStuckDoesNotHoldUpTheOthers) {
  // Rank 0 receives from 1 and 2 in one batch; rank 2 sends only after 1 has got through.
  const RunResult result = simulate(shape_options(), 3, [](Rank& rank) {
    if (rank.id() == 0) {
      const std::vector<Call> batch{recv(1), recv(2)};
      (void)rank.wait(rank.submit(batch).ticket);
    } else {
      if (rank.id() == 2) (void)rank.await("first is through");
      (void)rank.run(send(0));
      if (rank.id() == 1) (void)rank.post("first is through");
    }
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(Messages, ARankMaySendToItselfInsideOneBatch) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    const std::vector<Call> batch{send(rank.id()), recv(rank.id())};
    (void)rank.wait(rank.submit(batch).ticket);
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

TEST(Messages, SendingToItselfWithoutReceivingIsRefused) {
  std::vector<StatusCode> codes;
  (void)simulate(shape_options(), 1, [&](Rank& rank) {
    codes.push_back(rank.submit(send(0)).status.code());
    codes.push_back(rank.submit(recv(0)).status.code());
  });
  EXPECT_EQ(codes, std::vector<StatusCode>(2, StatusCode::invalid_argument));
}

TEST(Messages, TheTwoEndsMustAgreeOnTheCount) {
  const RunResult result = simulate(
      shape_options(), 2, [](Rank& rank) { (void)rank.run(rank.id() == 0 ? send(1, 4) : recv(0, 5)); });
  EXPECT_EQ(outcome_of(result), "mismatch");
  EXPECT_EQ(code_name(result.verdict.diagnoses.at(0).code), "P2P_SIZE_MISMATCH");
}

TEST(Messages, BothDirectionsOfAPairAreIndependent) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    const GroupRank peer = 1 - rank.id();
    const std::vector<Call> batch{send(peer, 3), recv(peer, 5)};
    const std::vector<Call> other{recv(peer, 3), send(peer, 5)};
    (void)rank.wait(rank.submit(rank.id() == 0 ? batch : other).ticket);
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

}  // namespace
}  // namespace gridlock
