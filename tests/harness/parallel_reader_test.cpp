#include "harness/read/parallel_reader.h"

#include <gtest/gtest.h>

#include "harness/run/runner.h"
#include "harness/run/scenario_program.h"
#include "sim/sim_world.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

/// Steps stand on line 2 of the file.
std::string error_of(const char* step) {
  const std::string error = error_for(with_steps(step));
  return error.substr(std::min(error.size(), error.find("/programs")));
}

TEST(ParallelReader, ThreadsHaveNamesAndGuardsOfTheirOwn) {
  EXPECT_EQ(error_of(R"({"parallel": [{"steps": []}, {"name": "b", "only": 0, "steps": [{"post": "x"}]}]})"),
            "");
  EXPECT_EQ(error_of(R"({"parallel": [{"name": "a", "steps": []}, {"name": "a", "steps": []}]})"),
            "/programs/0/steps/0/parallel/1: there is a thread 'a' already");
  EXPECT_EQ(error_of(R"({"parallel": [{"name": "thread 2", "steps": []}, {"steps": []}]})"),
            "/programs/0/steps/0/parallel/1: there is a thread 'thread 2' already");
  EXPECT_EQ(error_of(R"({"parallel": [{"name": "", "steps": []}]})"),
            "/programs/0/steps/0/parallel/0/name: the name is empty");
  EXPECT_EQ(error_of(R"({"parallel": [{"name": "a", "stesp": []}]})"),
            "/programs/0/steps/0/parallel/0/stesp: unknown key 'stesp'\n  hint: did you mean 'steps'?");
}

TEST(ParallelReader, AStepWithoutThreadsIsRefused) {
  EXPECT_EQ(error_of(R"({"parallel": []})"),
            "/programs/0/steps/0/parallel: a parallel step needs a thread at least");
}

TEST(ParallelReader, ThreadsMakeNeitherThreadsNorGroups) {
  EXPECT_EQ(
      error_of(R"({"parallel": [{"steps": [{"repeat": 2, "steps": [{"parallel": [{"steps": []}]}]}]}]})"),
      "/programs/0/steps/0/parallel/0/steps/0/steps/0/parallel: a parallel step cannot stand in a thread of "
      "another one\n  hint: list all threads in the outer one");
  EXPECT_EQ(
      error_of(R"({"parallel": [{"steps": [{"new_group": {"name": "g", "ranks": [0, 1]}}]}]})"),
      "/programs/0/steps/0/parallel/0/steps/0/new_group: 'new_group' cannot stand in a thread of a parallel "
      "step\n  hint: make groups before it: no library lets two threads of a rank make groups at once");
  EXPECT_EQ(error_of(R"({"parallel": [{"steps": []}]}, {"new_group": {"name": "g", "ranks": [0, 1]}})"), "");
}

TEST(ParallelReader, ATicketBelongsToOneThread) {
  const std::string call = R"({"barrier": {"group": "world"}, "as": "t"})";
  const std::string of_other =
      R"({"parallel": [{"name": "a", "steps": [{"wait": "t"}]}, {"name": "b", "steps": [)" + call + R"(]}]})";
  EXPECT_EQ(error_of(of_other.c_str()),
            "/programs/0/steps/0/parallel/0/steps/0/wait: the ticket 't' is made in thread 'b'\n"
            "  hint: wait for it there or behind the parallel step; post and await order two threads");
  const std::string twice = R"({"parallel": [{"name": "a", "steps": [)" + call +
                            R"(]}, {"name": "b", "steps": [)" + call + R"(]}]})";
  EXPECT_EQ(error_of(twice.c_str()),
            "/programs/0/steps/0/parallel/1/steps/0/as: thread 'a' makes a ticket 't', too");
  const std::string behind = R"({"parallel": [{"steps": [)" + call + R"(]}]}, {"wait": "t"})";
  EXPECT_EQ(error_of(behind.c_str()), "");
  const std::string before = call + R"(, {"parallel": [{"steps": [{"wait": "t"}]}]})";
  EXPECT_EQ(error_of(before.c_str()), "");
}

CaseResult run_steps(const char* steps, std::uint64_t seed = 1) {
  auto scenario = std::make_shared<const Scenario>(scenario_from(with_steps(steps)));
  RunOptions options = scenario->options;
  options.seed = seed;
  SimWorld world;
  return run_case(scenario, world, options);
}

TEST(ParallelStep, WorkOfAThreadIsCheckedBehindTheStepWhenItIsWaitedForThere) {
  const CaseResult result = run_steps(R"(
    {"parallel": [{"steps": [{"all_reduce": {"group": "world", "count": 8}, "as": "t"}]},
                  {"steps": [{"compute": "1us"}]}]},
    {"wait": "t"}, {"barrier": {"group": "world"}})");
  EXPECT_EQ(result.run.verdict.outcome, Outcome::passed);
  EXPECT_TRUE(result.run.choices.empty());
}

TEST(ParallelStep, LoopsAroundAndInsideThreadsHaveTheirOwnCounters) {
  const CaseResult result = run_steps(R"(
    {"repeat": 3, "as": "turn", "steps": [{"parallel": [
      {"name": "a", "steps": [{"repeat": 2, "as": "m", "steps": [
        {"barrier": {"group": "world", "stream": 1}, "label": "step"}]}]},
      {"name": "b", "steps": [{"repeat": 5, "as": "m", "steps": [{"post": "x"}, {"compute": "1us"}]}]}]}]})");
  EXPECT_EQ(result.run.verdict.outcome, Outcome::passed);
  const Histories& histories = *result.run.histories;
  std::vector<std::string> labels;
  for (const Record* record : histories.store.records(histories.ranks[0].node)) {
    if (record->kind == RecordKind::call) labels.push_back(histories.sites.text(record->label));
  }
  EXPECT_EQ(labels,
            (std::vector<std::string>{"step [m=0, turn=0]", "step [m=1, turn=0]", "step [m=0, turn=1]",
                                      "step [m=1, turn=1]", "step [m=0, turn=2]", "step [m=1, turn=2]"}));
}

TEST(ParallelStep, ATurnWithoutThreadsOnThisRankIsPassedOver) {
  const CaseResult result = run_steps(
      R"({"parallel": [{"only": 1, "steps": [{"compute": "1us"}]}]}, {"barrier": {"group": "world"}})");
  EXPECT_EQ(result.run.verdict.outcome, Outcome::passed);
}

TEST(ParallelStep, AFailedExpectationInAThreadNamesItsStep) {
  const CaseResult result = run_steps(
      R"({"parallel": [{"steps": [{"await": {"name": "never", "timeout": "1us"}, "label": "ask"}]}]})");
  ASSERT_FALSE(result.run.complaints.empty());
  EXPECT_EQ(result.run.complaints.front().text, "ask ended with timed_out");
}

TEST(HostEdges, APostThatFailsEndsTheAwaitAndThePrograms) {
  const CaseResult result = run_steps(R"(
    {"post": {"name": "x", "fails": true}, "only": 0}, {"await": "x", "label": "ask", "only": 1})");
  EXPECT_EQ(result.run.verdict.outcome, Outcome::rank_lost);
  ASSERT_EQ(result.run.verdict.diagnoses.size(), 1U);
  EXPECT_EQ(result.run.verdict.diagnoses.front().code, Code::HOST_EDGE_FAILED);
  EXPECT_EQ(result.run.verdict.diagnoses.front().blame.ranks, RankSet({0}));
  ASSERT_EQ(result.run.complaints.size(), 1U);
  EXPECT_EQ(result.run.complaints.front().text, "ask ended with remote_error");
}

TEST(HostEdges, OfSeveralPostsTheFirstCountsAndThatIsAChoice) {
  const CaseResult result = run_steps(R"(
    {"post": {"name": "x", "fails": false}, "only": 0},
    {"compute": "1us", "only": 1}, {"post": {"name": "x", "fails": true}, "only": 1}, {"await": "x"})");
  EXPECT_EQ(result.run.verdict.outcome, Outcome::passed);
  ASSERT_EQ(result.run.choices.size(), 1U);
  EXPECT_EQ(result.run.choices.front().kind, ChoiceKind::post);
}

}  // namespace
}  // namespace gridlock
