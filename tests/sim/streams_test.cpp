#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

constexpr StreamId kSide{1};

TEST(Streams, WorkOfOneStreamRunsInOrder) {
  // 10 us each, one after the other.
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    const Reply first = rank.submit(all_reduce());
    const Reply second = rank.submit(all_reduce());
    (void)rank.wait(first.ticket);
    if (rank.is_complete(second.ticket))
      rank.complain({Complaint::Kind::expectation_failed, 0, {}, "overtaken"});
    (void)rank.wait(second.ticket);
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{20'000});
}

TEST(Streams, WorkOfTwoStreamsOverlaps) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    (void)rank.submit(all_reduce());
    (void)rank.submit(all_reduce(1, kSide));
    (void)rank.synchronize();
    (void)rank.synchronize(kSide);
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{10'000});
}

TEST(Streams, AStreamThatWaitsForAnEventRunsAfterIt) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    (void)rank.submit(all_reduce());
    const EventId event = record_event(rank, StreamId::main).event;
    (void)wait_event(rank, kSide, event);
    (void)rank.submit(all_reduce(1, kSide));
    (void)rank.synchronize(kSide);
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{20'000});
}

TEST(Streams, AnEventOnAnIdleStreamIsAlreadyComplete) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    (void)wait_event(rank, kSide, record_event(rank, StreamId::main).event);
    (void)rank.submit(all_reduce(1, kSide));
    (void)rank.synchronize(kSide);
  });
  EXPECT_EQ(result.virtual_time, Nanos{10'000});
}

TEST(Streams, AnEventThatWasNeverRecordedIsRefused) {
  Status status;
  (void)simulate(shape_options(), 1,
                 [&](Rank& rank) { status = wait_event(rank, kSide, static_cast<EventId>(0)); });
  EXPECT_EQ(status.code(), StatusCode::invalid_argument);
}

TEST(Streams, ABatchOverTwoStreamsWaitsForBoth) {
  // S01: the batch starts when both streams are free, after the longer of the two.
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    (void)rank.submit(all_reduce());
    (void)rank.submit(all_reduce());
    (void)rank.submit(all_reduce(1, kSide));
    const std::vector<Call> batch{all_reduce(), all_reduce(1, kSide)};
    (void)rank.submit(batch);
    (void)rank.synchronize(kSide);
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{30'000});
}

TEST(Streams, OpenWorkIsListedByStream) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    if (rank.id() == 1) return;
    (void)rank.submit(all_reduce());
    (void)rank.submit(all_reduce(1, kSide));
    (void)rank.synchronize(kSide);
  });
  EXPECT_EQ(outcome_of(result), "stall");
  const std::vector<OpenWork>& open = result.histories->ranks[0].open;
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].stream, StreamId::main);
  EXPECT_EQ(open[1].stream, kSide);
}

TEST(Streams, AFullStreamParksTheHost) {
  RunOptions options = shape_options();
  options.semantics.stream_depth_max = 3;
  const RunResult result = simulate(options, 2, [](Rank& rank) {
    for (int i = 0; rank.id() == 0 && i < 10; ++i) (void)rank.submit(all_reduce());
  });
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(host_of(result, 0), HostState::submitting);
  EXPECT_EQ(result.histories->store.length(result.histories->ranks[0].node), 4);
}

TEST(Streams, AFullStreamDrainsAndTheHostGoesOn) {
  RunOptions options = shape_options();
  options.semantics.stream_depth_max = 3;
  const RunResult result = simulate(options, 2, [](Rank& rank) {
    for (int i = 0; i < 10; ++i) (void)rank.submit(all_reduce());
    (void)rank.synchronize();
  });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.match_count, 10);
}

TEST(Streams, WorkThatIsLeftOpenWhenAllRanksReturnIsLeftover) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    if (rank.id() == 0) (void)rank.submit(send(1));
  });
  EXPECT_EQ(result.end, RunEnd::returned);
  EXPECT_EQ(outcome_of(result), "leftover");
  ASSERT_EQ(result.histories->ranks[0].open.size(), 1u);
  EXPECT_EQ(result.histories->ranks[0].open[0].first_open, static_cast<Ticket>(0));
}

TEST(Streams, WorkThatIsOpenWhenARankReturnsStillCompletes) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) { (void)rank.submit(all_reduce()); });
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_TRUE(result.histories->ranks[0].open.empty());
  EXPECT_EQ(result.virtual_time, Nanos{10'000});
}

TEST(Streams, AGlooGroupBlocksTheHostInsideSubmit) {
  const RunResult result = simulate(shape_options(), 2, [](Rank& rank) {
    const Reply group =
        rank.new_group({Members::range(0, 2), BackendKind::gloo, kGroupTimeoutDefault, "twin"});
    if (rank.id() == 0) (void)rank.submit(all_reduce(1, StreamId::main, group.group));
  });
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(host_of(result, 0), HostState::submitting);
}

}  // namespace
}  // namespace gridlock
