#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

constexpr StreamId kFirst{1};
constexpr StreamId kSecond{2};

/// An all_reduce from one buffer into another.
Call reduce_into(BufferHandle output, BufferHandle input, StreamId stream) {
  Call call = all_reduce(4, stream);
  call.input = input;
  call.output = output;
  return call;
}

std::vector<BufferRace> races(const std::function<void(Rank&)>& program) {
  const RunResult result = simulate(shape_options(), 2, program);
  EXPECT_EQ(result.verdict.outcome, Outcome::passed);
  return result.histories->buffer_races;
}

BufferHandle buffer(Rank& rank) { return rank.allocate(4, DType::float32); }

TEST(BufferRaces, TwoStreamsThatWriteOneBufferRaceOnEachRank) {
  const auto found = races([](Rank& rank) {
    const BufferHandle x = buffer(rank);
    (void)rank.submit(reduce_into(x, x, kFirst));
    (void)rank.submit(reduce_into(x, x, kSecond));
    (void)rank.synchronize(kFirst);
    (void)rank.synchronize(kSecond);
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].rank, 1);
  EXPECT_EQ(found[1].first.ticket, static_cast<Ticket>(0));
  EXPECT_EQ(found[1].second.ticket, static_cast<Ticket>(1));
}

TEST(BufferRaces, OneThatReadsWhatTheOtherWritesRaces) {
  EXPECT_FALSE(races([](Rank& rank) {
                 const BufferHandle x = buffer(rank);
                 (void)rank.submit(reduce_into(x, buffer(rank), StreamId::main));
                 (void)rank.submit(reduce_into(buffer(rank), x, kSecond));
                 (void)rank.synchronize();
                 (void)rank.synchronize(kSecond);
               }).empty());
}

TEST(BufferRaces, TwoThatReadOneBufferDoNot) {
  EXPECT_TRUE(races([](Rank& rank) {
                const BufferHandle x = buffer(rank);
                (void)rank.submit(reduce_into(buffer(rank), x, kFirst));
                (void)rank.submit(reduce_into(buffer(rank), x, kSecond));
                (void)rank.synchronize(kFirst);
                (void)rank.synchronize(kSecond);
              }).empty());
}

TEST(BufferRaces, CallsThatTimeAloneKeepsApartRace) {
  EXPECT_FALSE(races([](Rank& rank) {
                 const BufferHandle x = buffer(rank);
                 (void)rank.submit(reduce_into(x, x, kFirst));
                 (void)rank.compute(std::chrono::seconds(1));
                 (void)rank.submit(reduce_into(x, x, kSecond));
                 (void)rank.synchronize(kFirst);
                 (void)rank.synchronize(kSecond);
               }).empty());
}

TEST(BufferRaces, AnEventBetweenTheStreamsOrdersThem) {
  EXPECT_TRUE(races([](Rank& rank) {
                const BufferHandle x = buffer(rank);
                (void)rank.submit(reduce_into(x, x, StreamId::main));
                (void)wait_event(rank, kSecond, record_event(rank, StreamId::main).event);
                (void)rank.submit(reduce_into(x, x, kSecond));
                (void)rank.synchronize(kSecond);
              }).empty());
}

TEST(BufferRaces, AnEventRecordedBeforeTheFirstCallDoesNot) {
  EXPECT_FALSE(races([](Rank& rank) {
                 const BufferHandle x = buffer(rank);
                 const EventId early = record_event(rank, StreamId::main).event;
                 (void)rank.submit(reduce_into(x, x, StreamId::main));
                 (void)wait_event(rank, kSecond, early);
                 (void)rank.submit(reduce_into(x, x, kSecond));
                 (void)rank.synchronize();
                 (void)rank.synchronize(kSecond);
               }).empty());
}

TEST(BufferRaces, AWaitForLaterWorkOfTheSameStreamOrdersThem) {
  EXPECT_TRUE(races([](Rank& rank) {
                const BufferHandle x = buffer(rank);
                (void)rank.submit(reduce_into(x, x, kFirst));
                (void)rank.wait(rank.submit(all_reduce(4, kFirst)).ticket);
                (void)rank.submit(reduce_into(x, x, kSecond));
                (void)rank.synchronize(kSecond);
              }).empty());
}

TEST(BufferRaces, AWaitForOtherWorkDoesNot) {
  EXPECT_FALSE(races([](Rank& rank) {
                 const BufferHandle x = buffer(rank);
                 (void)rank.submit(reduce_into(x, x, kFirst));
                 (void)rank.wait(rank.submit(all_reduce(4, kSecond)).ticket);
                 (void)rank.submit(reduce_into(x, x, kSecond));
                 (void)rank.synchronize(kFirst);
                 (void)rank.synchronize(kSecond);
               }).empty());
}

TEST(BufferRaces, ABatchThatSendsWhatItReceivesRaces) {
  const auto exchange = [](Rank& rank, BufferHandle sent, BufferHandle received) {
    std::array calls{send(1 - rank.id(), 4), recv(1 - rank.id(), 4)};
    calls[0].input = sent;
    calls[1].output = received;
    (void)rank.wait(rank.submit(calls).ticket);
  };
  const auto found = races([&](Rank& rank) {
    const BufferHandle x = buffer(rank);
    exchange(rank, x, x);
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].first.index, 0);
  EXPECT_EQ(found[0].second.index, 1);
  EXPECT_TRUE(races([&](Rank& rank) { exchange(rank, buffer(rank), buffer(rank)); }).empty());
}

TEST(BufferRaces, AHandleThatWasFreedMeansANewBuffer) {
  EXPECT_TRUE(races([](Rank& rank) {
                const BufferHandle x = buffer(rank);
                const Ticket ticket = rank.submit(reduce_into(x, x, kFirst)).ticket;
                (void)rank.compute(std::chrono::seconds(1));
                rank.free(x);
                const BufferHandle y = buffer(rank);
                EXPECT_EQ(y, x);
                (void)rank.submit(reduce_into(y, y, kSecond));
                (void)rank.wait(ticket);
                (void)rank.synchronize(kSecond);
              }).empty());
}

}  // namespace
}  // namespace gridlock
