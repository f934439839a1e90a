#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Cli, WithoutACommandItIsBadInput) { EXPECT_EQ(run_gridlock("").exit_code, 2); }

TEST(Cli, AWordThatIsNoCommandOrOptionIsNamedWithTheNearestOne) {
  const std::string scenario = "scenarios/basics/all_reduce.json";
  for (const auto& [arguments, error] :
       {std::pair<std::string, std::string>{"run " + scenario + " --bakend gloo",
                                            "--bakend: no such option\n  hint: did you mean '--backend'?\n"},
        {"run --ste=x=1 " + scenario, "--ste: no such option\n  hint: did you mean '--set'?\n"},
        {"run " + scenario + " --zzzzzzzz", "--zzzzzzzz: no such option\n  hint: --help lists them\n"},
        {"rum " + scenario, "rum: no such command\n  hint: did you mean 'run'?\n"}}) {
    const BinaryRun run = run_gridlock(arguments);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.err, error);
  }
}

TEST(Cli, WhatAWorldCannotRunIsUnsupported) {
  for (const std::string asked :
       {"scenarios/regressions/split_in_a_branch.json", "scenarios/regressions/crash_across_nodes.json",
        "scenarios/basics/all_reduce.json --payload shape"}) {
    const BinaryRun run = run_gridlock("run " + asked + " --backend gloo");
    EXPECT_EQ(run.exit_code, 11) << asked << run.out;
    EXPECT_THAT(run.err, HasSubstr("\n  hint: "));
  }
}

TEST(Cli, HelpHasExamples) {
  const BinaryRun run = run_gridlock("--help");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("gridlock run scenarios/grids/ppo_actor_critic.json"));
}

TEST(Cli, VersionNamesTheBuildAndTheWorlds) {
  const BinaryRun run = run_gridlock("--version");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, StartsWith("gridlock 0."));
  EXPECT_THAT(run.out, HasSubstr("worlds: sim"));
}

TEST(TestCommand, RunsFoldersInParallelAndEndsWithTheCounts) {
  const BinaryRun run =
      run_gridlock("test scenarios/must_fail scenarios/basics/barrier.json --jobs 2 --quiet");
  EXPECT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.out, EndsWith(" passed, 0 failed\n"));
}

TEST(TestCommand, AnUnmetExpectationIsAFailureWithItsReportAndJunit) {
  const std::string bug = temporary_file("bug.json", R"({
    "name": "not what it says", "world": { "ranks": 2 },
    "programs": [ { "ranks": [0], "steps": [ { "barrier": { "group": "world" } } ] } ] })");
  const BinaryRun run = run_gridlock("test " + bug + " --junit /dev/stderr");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.out, HasSubstr("not as the scenario expects: outcome: expected passed, got stall"));
  EXPECT_THAT(run.out, EndsWith("0 passed, 1 failed\n"));
  EXPECT_THAT(run.err, HasSubstr("<testsuite name=\"gridlock\" tests=\"1\" failures=\"1\""));
}

TEST(TestCommand, AFileThatCannotBeReadFailsBesideTheOthers) {
  const std::string bad = temporary_file("bad.json", R"({ "world": { "ranks": 0 } })");
  const BinaryRun run = run_gridlock("test " + bad + " scenarios/basics/barrier.json");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.out, HasSubstr(bad + ":1:23: /world/ranks: expected"));
  EXPECT_THAT(run.out, EndsWith("1 passed, 1 failed\n"));
}

TEST(TestCommand, ShardsPartTheCases) {
  int total = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const BinaryRun run = run_gridlock(std::string("test scenarios/must_fail --quiet --shard ") + shard);
    EXPECT_EQ(run.exit_code, 0);
    total += std::stoi(run.out.substr(0, run.out.find(' ')));
  }
  const BinaryRun whole = run_gridlock("test scenarios/must_fail --quiet");
  EXPECT_EQ(std::to_string(total), whole.out.substr(0, whole.out.find(' ')));
}

TEST(ExpandCommand, PrintsAScenarioThatRunsAsTheSameRun) {
  const BinaryRun plain = run_gridlock("expand scenarios/grids/ppo_actor_critic.json");
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const std::string path = temporary_file("plain.json", plain.out);
  EXPECT_EQ(run_gridlock("run " + path).out, run_gridlock("run scenarios/grids/ppo_actor_critic.json").out);
}

TEST(SchemaCommand, PrintsTheSchemaOfTheRepository) {
  const BinaryRun run = run_gridlock("schema");
  EXPECT_EQ(nlohmann::json::parse(run.out),
            nlohmann::json::parse(read_file(GRIDLOCK_SOURCE_DIR "/scenarios/schema/scenario.schema.json")));
}

TEST(ExplainCommand, SaysWhatACodeMeansAndWhatToChange) {
  const BinaryRun run = run_gridlock("explain COLL_MISSING_RANK");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, StartsWith("COLL_MISSING_RANK\n"));
  EXPECT_THAT(run.out, HasSubstr("What to change: "));
}

TEST(ExplainCommand, NamesTheNearestCode) {
  const BinaryRun run = run_gridlock("explain COLL_MISING_RANK");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err,
            "explain: 'COLL_MISING_RANK' is no diagnosis code and no outcome\n  hint: did you mean "
            "'COLL_MISSING_RANK'?\n");
}

TEST(CheckCommand, FindsEqualDigests) {
  const BinaryRun run = run_gridlock("check scenarios/basics/loops_and_parameters.json");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, StartsWith("loops_and_parameters: deterministic\n"));
}

TEST(PlanCommand, ShowsFamiliesAndWhatTheRegistryAnswers) {
  const BinaryRun run = run_gridlock("plan scenarios/grids/single_3d.json");
  EXPECT_EQ(run.exit_code, 0);
  // Recorded from the reference at pipe 2 x data 2 x tensor 2: 38 requests, 34 new_group calls.
  EXPECT_THAT(
      run.out,
      StartsWith(
          "single_3d: 8 ranks, 1 grid, 38 requests for groups, 34 made, 4 answered by the registry\n"));
}

TEST(PlanCommand, JsonListsEveryRequestInOrder) {
  const BinaryRun run = run_gridlock("plan scenarios/grids/single_3d.json --format json");
  const auto requests = nlohmann::json::parse(run.out).at("grids").at(0).at("requests");
  EXPECT_EQ(requests.size(), 38U);
  EXPECT_EQ(requests.at(0).at("ranks"), nlohmann::json({0, 1, 4, 5}));
}

TEST(AccessorsCommand, ShowsWhatDeepSpeedReads) {
  const BinaryRun run = run_gridlock("accessors scenarios/grids/single_3d.json");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("get_model_parallel_world_size"));
}

}  // namespace
}  // namespace gridlock
