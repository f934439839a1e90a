#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/history/transcript.h"
#include "tests/sim/act_machine.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

Act work(std::int64_t nanos) { return {RequestKind::compute, {}, StreamId::main, Nanos{nanos}, ""}; }
Act await(const char* name, std::int64_t timeout = 0) {
  return {RequestKind::await, {}, StreamId::main, Nanos{timeout}, name};
}
Act post(const char* name) { return {RequestKind::post, {}, StreamId::main, {}, name}; }
Act reduce(int stream = 0, std::int64_t count = 1) {
  return {RequestKind::submit, {all_reduce(count, StreamId{stream})}, StreamId{stream}, {}, ""};
}
const Act kWait{RequestKind::wait, {}, StreamId::main, {}, ""};
const Act kNewGroup{RequestKind::new_group, {}, StreamId::main, {}, "g"};

Act parallel(std::vector<Acts> threads) {
  Act act{RequestKind::parallel, {}, StreamId::main, {}, "t"};
  act.threads = std::move(threads);
  return act;
}

RunResult run(const std::vector<Acts>& programs, RunOptions options = shape_options()) {
  return simulate(options, act_program(programs));
}

const RankEnd& end_of(const RunResult& result, RankId rank) {
  return result.histories->ranks[static_cast<std::size_t>(rank)];
}

TEST(Threads, ARankGoesOnWhenTheLastOfItsThreadsHasEnded) {
  const RunResult result = run({{parallel({{work(5)}, {work(9)}, {}}), work(1)}});
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{10});
}

TEST(Threads, OneThatIsBlockedDoesNotHoldTheOthers) {
  const RunResult result =
      run({{parallel({{reduce(1), kWait}, {work(7), post("done")}})}, {await("done"), work(3)}});
  EXPECT_EQ(result.virtual_time, Nanos{10}) << "rank 1 went on";
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(end_of(result, 0).state, HostState::joining);
  ASSERT_THAT(end_of(result, 0).threads, ::testing::SizeIs(1)) << "the other one has ended";
  EXPECT_EQ(end_of(result, 0).threads.front().state, HostState::waiting);
}

TEST(Threads, CallsPairUpInTheOrderInWhichThreadsMakeThem) {
  const RunResult result =
      run({{parallel({{work(5), reduce(0, 8)}, {reduce(1, 4)}})}, {reduce(0, 4), reduce(0, 8)}});
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.match_count, 2);
}

std::vector<std::string> order_of_threads(const RunResult& result) {
  std::vector<std::string> order;
  for (const Record* record : result.histories->store.records(end_of(result, 0).node)) {
    if (record->kind == RecordKind::call) order.push_back(result.histories->store.name(record->thread));
  }
  return order;
}

TEST(Threads, TheSeedDecidesWhoOfThemIsFirst) {
  const std::vector<Acts> programs{{parallel({{reduce(1)}, {reduce(2)}, {reduce(3)}})}};
  std::set<std::vector<std::string>> orders;
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    RunOptions options = shape_options();
    options.seed = seed;
    const RunResult result = run(programs, options);
    orders.insert(order_of_threads(result));
    EXPECT_EQ(run(programs, options).digest, result.digest);
    options.hosting = Hosting::fiber;
    EXPECT_EQ(run(programs, options).digest, result.digest) << "on fibers";
  }
  EXPECT_THAT(orders, ::testing::SizeIs(6)) << "all orders of three";
}

TEST(Threads, TheTranscriptDoesNotDependOnWhoOfThemWasFirst) {
  const Act own = {RequestKind::submit, {all_reduce(1, StreamId{1}, made_group(0))}, {}, {}, ""};
  const Acts program{kNewGroup, parallel({{own, kWait}, {work(0), reduce(2), kWait}}), kWait};
  std::set<std::uint64_t> transcripts;
  std::set<std::uint64_t> digests;
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    RunOptions options = shape_options();
    options.seed = seed;
    const RunResult result = run({program, program}, options);
    transcripts.insert(make_transcript(*result.histories).hash);
    digests.insert(result.digest);
  }
  EXPECT_THAT(transcripts, ::testing::SizeIs(1));
  EXPECT_GT(digests.size(), 1U);
}

TEST(Threads, ThoseThatMakeGroupsOrThreadsAreRefused) {
  const Act nested = parallel({{}});
  const RunResult result = run({{parallel({{kNewGroup}, {nested}})}});
  EXPECT_EQ(outcome_of(result), "passed");
  for (const Record* record : result.histories->store.records(end_of(result, 0).node))
    EXPECT_EQ(record->kind, RecordKind::parallel) << "nothing else was done";
}

TEST(Threads, MoreOfThemThanTheProgramSaidAreRefused) {
  const std::vector<Acts> programs{{parallel({{work(1)}, {work(1)}}), work(3)}};
  RankProgram program = act_program(programs);
  program.thread_max = 1;
  const RunResult result = simulate(shape_options(), program);
  EXPECT_EQ(result.virtual_time, Nanos{3}) << "none of them ran";
  EXPECT_TRUE(result.histories->store.record(end_of(result, 0).node).rejected);
}

TEST(Threads, TwoThatMakeOneCommunicatorAtOnceMeetTheOtherRanksTogether) {
  RunOptions options = shape_options();
  options.semantics = *preset_from_name("torch_nccl");
  Call to = send(1);
  Call from = recv(0);
  const auto messages = [](Call call) {
    Call second = call;
    second.stream = StreamId{2};
    return Acts{parallel(
        {{{RequestKind::submit, {call}, {}, {}, ""}}, {{RequestKind::submit, {second}, {}, {}, ""}}})};
  };
  EXPECT_EQ(outcome_of(run({messages(to), messages(from)}, options)), "passed");
  const Acts reduces{parallel({{reduce(1)}, {reduce(2)}})};
  EXPECT_EQ(outcome_of(run({reduces, reduces}, options)), "passed");
}

TEST(Threads, OneMayAbortWhatAnotherOneWaitsFor) {
  Act abort{RequestKind::abort, {all_reduce(1, StreamId::main, made_group(0))}, {}, {}, ""};
  const Act call{RequestKind::submit, {all_reduce(1, StreamId::main, made_group(0))}, {}, {}, ""};
  const RunResult result = run({{kNewGroup, parallel({{call, kWait}, {work(5), abort}})}, {kNewGroup}});
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{5});
}

TEST(Threads, AnAwaitOfOneTimesOutWhileTheOtherOneWorks) {
  const RunResult result = run({{parallel({{await("never", 4), work(3)}, {work(20)}})}});
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_EQ(result.virtual_time, Nanos{20});
}

RunOptions with_fault(FaultKind kind, FaultTrigger at) {
  RunOptions options = shape_options();
  Fault fault;
  fault.kind = kind;
  fault.ranks = RankSet({0});
  fault.at = std::move(at);
  options.faults = {fault};
  return options;
}

TEST(Threads, ACrashInOneEndsTheRankAndAllOfItsThreads) {
  FaultTrigger second_call;
  second_call.by = FaultTrigger::By::call;
  second_call.call = 2;
  const Acts program{parallel({{reduce(1), kWait}, {work(5), reduce(2), kWait}}), work(100)};
  const RunResult result = run({program, program}, with_fault(FaultKind::crash, second_call));
  EXPECT_EQ(outcome_of(result), "rank_lost");
  EXPECT_EQ(end_of(result, 0).state, HostState::crashed);
  EXPECT_THAT(end_of(result, 0).threads, ::testing::IsEmpty());
  EXPECT_THAT(result.choices,
              ::testing::Contains(::testing::Field(&ContendedChoice::kind, ChoiceKind::threads)));
  EXPECT_EQ(result.verdict.diagnoses.front().code, Code::RANK_FAILED_PEERS_WAIT);
}

TEST(Threads, AHangByTimeHoldsAllOfThemAndAHangAtACallOne) {
  FaultTrigger at_time;
  at_time.time = Nanos{3};
  const Acts program{parallel({{work(5), post("a")}, {work(6), post("b")}})};
  const RunResult all = run({program}, with_fault(FaultKind::hang, at_time));
  EXPECT_THAT(end_of(all, 0).threads, ::testing::SizeIs(2));
  FaultTrigger at_call;
  at_call.by = FaultTrigger::By::call;
  const Acts other{parallel({{work(5), post("a")}, {reduce()}})};
  const RunResult one = run({other}, with_fault(FaultKind::hang, at_call));
  ASSERT_THAT(end_of(one, 0).threads, ::testing::SizeIs(1));
  EXPECT_EQ(end_of(one, 0).threads.front().busy_until, kNever);
}

TEST(Threads, AFaultWhileARankAwaitsIsNotUndoneByThePost) {
  FaultTrigger at_time;
  at_time.time = Nanos{3};
  const std::vector<Acts> programs{{await("name", 50)}, {work(5), post("name")}};
  const RunResult hung = run(programs, with_fault(FaultKind::hang, at_time));
  EXPECT_EQ(end_of(hung, 0).state, HostState::running);
  const RunResult dead = run(programs, with_fault(FaultKind::crash, at_time));
  EXPECT_EQ(end_of(dead, 0).state, HostState::crashed);
  EXPECT_EQ(outcome_of(run({{await("name", 50)}}, with_fault(FaultKind::crash, at_time))), "rank_lost");
}

/// A machine whose thread throws.
class Throwing final : public StepMachine {
 public:
  Request next(RankContext& /*rank*/, const Reply& /*last*/) override { throw std::runtime_error("lost"); }
};

class WithThread final : public StepMachine {
 public:
  Request next(RankContext& /*rank*/, const Reply& /*last*/) override {
    Request request;
    request.kind = RequestKind::parallel;
    request.threads = std::span(&thread_, 1);
    return request;
  }

 private:
  Throwing throwing_;
  HostThread thread_{"thrower", &throwing_};
};

TEST(Threads, AnExceptionInOneEndsTheRankOnBothHostings) {
  const RankProgram program{1, nullptr, [](RankId) { return std::make_unique<WithThread>(); }, 1};
  RunOptions options = shape_options();
  const RunResult stackless = simulate(options, program);
  EXPECT_EQ(stackless.error, "rank 0: lost");
  EXPECT_EQ(end_of(stackless, 0).state, HostState::crashed);
  options.hosting = Hosting::fiber;
  EXPECT_EQ(simulate(options, program).digest, stackless.digest);
}

TEST(Threads, FibersOfBlockedOnesAreUnwound) {
  RunOptions options = shape_options();
  options.hosting = Hosting::fiber;
  const Acts program{parallel({{await("never")}, {reduce(1), kWait}}), work(1)};
  const RunResult result = run({program, {work(1)}}, options);
  EXPECT_EQ(outcome_of(result), "stall");
  EXPECT_EQ(end_of(result, 0).threads.size(), 2U);
}

}  // namespace
}  // namespace gridlock
