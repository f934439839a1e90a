#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// A call with buffers of the given sizes, in shape mode.
Call with_buffers(Rank& rank, Call call, std::int64_t input, std::int64_t output) {
  call.input = rank.allocate(input, call.dtype);
  call.output = rank.allocate(output, call.dtype);
  return call;
}

TEST(Contributors, AFreshBufferIsItsRanksOwn) {
  (void)simulate(shape_options(), 3, [](Rank& rank) {
    EXPECT_EQ(rank.contributors(rank.allocate(4, DType::int8)), Ranks{rank.id()});
  });
}

TEST(Contributors, AReductionCarriesEveryMember) {
  (void)simulate(shape_options(), 4, [](Rank& rank) {
    const GroupSpec odd{Members::list({1, 3}), BackendKind::nccl, kGroupTimeoutDefault, "odd"};
    const GroupHandle group = rank.new_group(odd).group;
    if (rank.id() % 2 == 0) return;
    const Call call = with_buffers(rank, all_reduce(4, StreamId::main, group), 4, 4);
    (void)rank.run(call);
    EXPECT_EQ(rank.contributors(call.output), (Ranks{1, 3}));
    EXPECT_EQ(rank.contributors(call.input), Ranks{rank.id()});
  });
}

TEST(Contributors, UnionsGoThroughChainsOfCalls) {
  // Rank 0 sends to 1, 1 reduces what it got with its neighbours.
  (void)simulate(shape_options(), 3, [](Rank& rank) {
    const Call call = with_buffers(rank, all_reduce(4), 4, 4);
    if (rank.id() == 0) (void)rank.run(with_buffers(rank, send(1, 4), 4, 0));
    if (rank.id() == 1) {
      Call got = recv(0, 4);
      got.output = call.input;
      (void)rank.run(got);
      EXPECT_EQ(rank.contributors(call.input), Ranks{0});
    }
    (void)rank.run(call);
    EXPECT_EQ(rank.contributors(call.output), (Ranks{0, 2}));
  });
}

TEST(Contributors, ABroadcastCarriesItsRootAlone) {
  (void)simulate(shape_options(), 3, [](Rank& rank) {
    Call call = with_buffers(rank, all_reduce(4), 4, 4);
    call.kind = CallKind::broadcast;
    call.peer = 2;
    (void)rank.run(call);
    EXPECT_EQ(rank.contributors(call.output), Ranks{2});
  });
}

TEST(Contributors, OnlyTheRootOfAReduceGetsThem) {
  (void)simulate(shape_options(), 3, [](Rank& rank) {
    Call call = with_buffers(rank, all_reduce(4), 4, 4);
    call.kind = CallKind::reduce;
    call.peer = 1;
    (void)rank.run(call);
    EXPECT_EQ(rank.contributors(call.output), rank.id() == 1 ? (Ranks{0, 1, 2}) : Ranks{rank.id()});
  });
}

StatusCode refused(Call call, std::int64_t input, std::int64_t output, Payload payload = Payload::shape) {
  StatusCode code = StatusCode::ok;
  RunOptions options;
  options.payload = payload;
  (void)simulate(options, 1, [&](Rank& rank) {
    if (input >= 0) call.input = rank.allocate(input, DType::float32);
    if (output >= 0) call.output = rank.allocate(output, DType::float32);
    code = rank.submit(call).status.code();
  });
  return code;
}

TEST(Buffers, ThatAreTooSmallAreRefused) {
  EXPECT_EQ(refused(all_reduce(4), 4, 4), StatusCode::ok);
  EXPECT_EQ(refused(all_reduce(4), 3, 4), StatusCode::invalid_argument);
  EXPECT_EQ(refused(all_reduce(4), 4, 3), StatusCode::invalid_argument);
}

TEST(Buffers, OfAnotherTypeAreRefused) {
  Call call = all_reduce(4);
  call.dtype = DType::int32;
  EXPECT_EQ(refused(call, 4, 4), StatusCode::invalid_argument);
}

TEST(Buffers, MayBeLeftOutInShapeModeOnly) {
  EXPECT_EQ(refused(all_reduce(4), -1, -1), StatusCode::ok);
  EXPECT_EQ(refused(all_reduce(4), -1, -1, Payload::data), StatusCode::invalid_argument);
}

TEST(Buffers, NegativeAndEnormousCountsAreRefused) {
  EXPECT_EQ(refused(all_reduce(-1), -1, -1), StatusCode::invalid_argument);
  EXPECT_EQ(refused(all_reduce(std::int64_t{1} << 60), -1, -1), StatusCode::invalid_argument);
}

TEST(Buffers, ABufferThatAnOpenCallUsesMustNotBeTouched) {
  const RunResult result = simulate({}, 1, [](Rank& rank) {
    const Call call = with_buffers(rank, all_reduce(1), 1, 1);
    const Reply reply = rank.submit(call);
    std::vector<std::byte> bytes(4);
    rank.download(call.output, bytes);
    (void)rank.wait(reply.ticket);
    rank.download(call.output, bytes);
  });
  ASSERT_EQ(result.complaints.size(), 1u);
  EXPECT_EQ(result.complaints[0].text,
            "buffer 1 is read while a call that uses it is open; wait for its ticket first");
  EXPECT_EQ(outcome_of(result), "expectation_failed");
}

TEST(Buffers, ABufferThatIsFreedWhileACallUsesItLivesUntilTheCallIsComplete) {
  const RunResult result = simulate({}, 2, [](Rank& rank) {
    const Call call = with_buffers(rank, all_reduce(4), 4, 4);
    const Reply reply = rank.submit(call);
    rank.free(call.input);
    rank.free(call.output);
    (void)rank.wait(reply.ticket);
    const BufferHandle next = rank.allocate(1, DType::int8);
    EXPECT_TRUE(next == call.input || next == call.output) << "handles are reused once the call is complete";
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

}  // namespace
}  // namespace gridlock
