#include "harness/run/real_intentions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/diagnosis/judge.h"
#include "core/diagnosis/render.h"
#include "harness/histories/history_reader.h"
#include "harness/read/scenario_reader.h"
#include "harness/run/runner.h"
#include "sim/sim_world.h"

namespace gridlock {
namespace {

const std::string kRoot = GRIDLOCK_SOURCE_DIR;

RunResult simulated(const std::string& file) {
  const auto scenario = std::make_shared<const Scenario>(std::move(load_scenarios(file).front()));
  SimWorld world;
  RunOptions options = scenario->options;
  options.payload = Payload::shape;
  return run_case(scenario, world, options).run;
}

std::string words(const RunResult& run) {
  std::string text(outcome_name(run.verdict.outcome));
  for (const Diagnosis& diagnosis : run.verdict.diagnoses) text += "\n" + render(diagnosis, *run.histories);
  return text;
}

/// A run as a real world would leave it whose ranks are killed where they are blocked: nobody was asked.
RunResult without_plans(const RunResult& run) {
  const auto histories = std::make_shared<Histories>(*run.histories);
  for (RankEnd& end : histories->ranks) {
    while (end.node != HistoryNode::empty && histories->store.record(end.node).kind == RecordKind::planned)
      end.node = histories->store.past(end.node);
  }
  RunResult stripped = run;
  stripped.verdict = judge(*histories, run.end, run.complaints);
  stripped.histories = histories;
  return stripped;
}

class RealIntentions : public testing::TestWithParam<const char*> {};

TEST_P(RealIntentions, GiveTheVerdictOfTheSimulatorToARunWhoseRanksCouldNotBeAsked) {
  const RunResult run = simulated(kRoot + "/scenarios/" + GetParam());
  ASSERT_NE(run.end, RunEnd::returned);
  RunResult real = without_plans(run);
  EXPECT_NE(words(real), words(run));
  add_intentions(real, run);
  EXPECT_EQ(words(real), words(run));
}

INSTANTIATE_TEST_SUITE_P(Of, RealIntentions,
                         testing::Values("regressions/logged_twice_before_a_message.json",
                                         "regressions/one_more_in_a_stage.json",
                                         "regressions/receives_before_it_sends.json",
                                         "regressions/first_send_left_out_of_batches.json",
                                         "regressions/header_left_out_on_gloo.json",
                                         "regressions/vote_of_those_that_are_on_their_way.json"));

TEST(RealIntentionsOfAnotherProgram, AreNotTaken) {
  const RunResult run = simulated(kRoot + "/scenarios/regressions/logged_twice_before_a_message.json");
  RunResult real = without_plans(run);
  const std::string before = words(real);
  add_intentions(real, simulated(kRoot + "/scenarios/regressions/vote_of_those_that_are_on_their_way.json"));
  EXPECT_EQ(words(real), before) << "worlds of other sizes";
  add_intentions(real, simulated(kRoot + "/scenarios/regressions/first_of_three_barriers_left_out.json"));
  EXPECT_EQ(words(real), before) << "other calls";
}

RunResult recorded(const std::string& name) {
  std::ifstream file(kRoot + "/tests/data/real_histories/" + name + ".jsonl");
  std::ostringstream text;
  text << file.rdbuf();
  HistoryReader reader;
  reader.read(text.str(), name + ".jsonl");
  RecordedRun run = reader.take();
  RunResult result;
  result.end = run.end;
  result.complaints = run.complaints;
  result.histories = run.histories;
  result.verdict = judge(*result.histories, result.end, result.complaints);
  return result;
}

struct Recorded {
  const char* name;
  Code code;
};

class RecordedOnGpus : public testing::TestWithParam<Recorded> {};

/// One rank was blocked inside NCCL until it was killed, and the program of the other one ended as NCCL
/// failed: without what they still intended both look like a recv that is one too many.
TEST_P(RecordedOnGpus, HasTheVerdictOfTheSimulator) {
  RunResult real = recorded(GetParam().name);
  ASSERT_EQ(real.verdict.diagnoses.front().code, Code::P2P_UNMATCHED_RECV);
  const RunResult run = simulated(kRoot + "/tests/data/real_histories/" + GetParam().name + ".json");
  add_intentions(real, run);
  ASSERT_FALSE(real.verdict.diagnoses.empty());
  const Diagnosis& found = real.verdict.diagnoses.front();
  EXPECT_EQ(code_name(found.code), code_name(GetParam().code)) << words(real);
  EXPECT_EQ(found.code, run.verdict.diagnoses.front().code) << words(real);
  EXPECT_EQ(found.blame.ranks, run.verdict.diagnoses.front().blame.ranks) << words(real);
  EXPECT_EQ(real.verdict.outcome, Outcome::backend_error);
}

INSTANTIATE_TEST_SUITE_P(Of, RecordedOnGpus,
                         testing::Values(Recorded{"both_first", Code::P2P_GROUPING_MISMATCH},
                                         Recorded{"skip", Code::P2P_UNMATCHED_RECV}),
                         [](const auto& info) { return info.param.name; });

// A program that is meant to run for days is simulated no longer than to where its ranks stood.
TEST(RealIntentions, TakeNoLongerThanTheRunItself) {
  RunResult real;
  real.histories = std::make_shared<Histories>(4);
  real.request_count = 1000;
  RunOptions options;
  EXPECT_EQ(options_for_intentions(real, options).step_max, 2 * 1000 + 4 * 4096);
  options.step_max = 500;
  EXPECT_EQ(options_for_intentions(real, options).step_max, 500);
}

TEST(RealIntentions, AreOnlyAskedWhereAVerdictRestsOnThem) {
  RunResult real;
  for (const RunEnd end : {RunEnd::quiescent, RunEnd::backend_error}) {
    real.end = end;
    EXPECT_TRUE(wants_intentions(real));
  }
  for (const RunEnd end : {RunEnd::returned, RunEnd::interrupted, RunEnd::stopped, RunEnd::step_limit}) {
    real.end = end;
    EXPECT_FALSE(wants_intentions(real));
  }
}

}  // namespace
}  // namespace gridlock
