#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string line_after(const std::string& text, const std::string& mark) {
  const std::size_t start = text.find(mark);
  if (start == std::string::npos) return "";
  return text.substr(start + mark.size(), text.find('\n', start) - start - mark.size());
}

TEST(RunCommand, RunsTheMainScenario) {
  const BinaryRun run = run_gridlock("run scenarios/grids/ppo_actor_critic.json");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, StartsWith("ppo_actor_critic: passed\n"));
}

TEST(RunCommand, ExitsWithTheOutcomeAndNamesCodeAndRank) {
  const BinaryRun run = run_gridlock("run scenarios/must_fail/missing_rank.json");
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.out, StartsWith("missing_rank: stall COLL_MISSING_RANK\n"));
  EXPECT_THAT(run.out, HasSubstr("rank 3"));
}

TEST(RunCommand, TheReadmeShowsWhatIsPrinted) {
  const BinaryRun run = run_gridlock("run scenarios/must_fail/missing_rank.json");
  EXPECT_THAT(read_file(GRIDLOCK_SOURCE_DIR "/README.md"), HasSubstr(run.out));
}

TEST(RunCommand, PrintsOneCommandThatRepeatsAFailingRun) {
  const BinaryRun run =
      run_gridlock("run scenarios/must_fail/missing_rank.json --seed 7 --set 'world.ranks_per_node=4'");
  const std::string command = line_after(run.out, "repeat: gridlock ");
  ASSERT_NE(command, "");
  EXPECT_EQ(run_gridlock(command).out, run.out);
}

TEST(RunCommand, FailsWhenItsOutputCannotBeWritten) {
  for (const std::string arguments : {"run scenarios/grids/single_3d.json", "schema", "explain"}) {
    const std::string command = "cd '" GRIDLOCK_SOURCE_DIR "' && '" GRIDLOCK_BINARY "' " + arguments;
    EXPECT_EQ(std::system((command + " >/dev/null").c_str()), 0) << arguments;
    const int status = std::system((command + " >/dev/full 2>/dev/null").c_str());
    EXPECT_EQ(WEXITSTATUS(status), 2) << arguments;
  }
}

TEST(RunCommand, RefusesASeedThatIsNone) {
  for (const std::string seed : {"-1", "18446744073709551616", "1x"}) {
    const BinaryRun run = run_gridlock("run scenarios/grids/single_3d.json --seed " + seed);
    EXPECT_EQ(run.exit_code, 2) << seed;
    EXPECT_THAT(run.err, HasSubstr("a seed is an integer from 0 to 18446744073709551615")) << seed;
  }
}

/// A scenario that passes with the warning COMM_ORDER_RISK and expects nothing.
std::string risky_scenario() {
  return temporary_file("risky.json", R"({
    "extends": ")" GRIDLOCK_SOURCE_DIR R"(/scenarios/semantics/first_use_in_other_order.fixed.json",
    "name": "risky", "expect": {"warnings": null}})");
}

TEST(RunCommand, FailsOnAWarningThatItIsToldToFailOn) {
  const std::string run = "run " + risky_scenario();
  EXPECT_EQ(run_gridlock(run).exit_code, 0);
  const BinaryRun failing = run_gridlock(run + " --fail-on COMM_ORDER_RISK,BUFFER_RACE");
  EXPECT_EQ(failing.exit_code, 1);
  EXPECT_THAT(failing.out, HasSubstr("  warnings that make the run fail (--fail-on): COMM_ORDER_RISK\n"));
  EXPECT_EQ(run_gridlock(run + " --fail-on BUFFER_RACE").exit_code, 0);
}

TEST(RunCommand, PassesOnAWarningThatIsAcceptedAndNamesWhatDidNotComeUp) {
  const std::string accept = temporary_file("accept.json", R"({"accept": [
    {"code": "COMM_ORDER_RISK", "scenario": "risky", "reason": "connected before"},
    {"code": "BUFFER_RACE", "reason": "mended long ago"}]})");
  const std::string flags = risky_scenario() + " --fail-on any --accept " + accept;
  for (const std::string command : {"run ", "test "}) {
    const BinaryRun run = run_gridlock(command + flags);
    EXPECT_EQ(run.exit_code, 0) << run.out;
    EXPECT_EQ(run.err, "gridlock: accepted, but not seen: BUFFER_RACE\n");
  }
}

TEST(RunCommand, TheTestCommandAndDiagnoseFailOnWarningsToo) {
  const BinaryRun tested = run_gridlock("test " + risky_scenario() + " --fail-on any");
  EXPECT_EQ(tested.exit_code, 1);
  EXPECT_THAT(tested.out, HasSubstr("warnings that make the run fail (--fail-on): COMM_ORDER_RISK"));
  const std::string history = temporary_file("risky.jsonl", "");
  run_gridlock("run " + risky_scenario() + " --history " + history);
  EXPECT_EQ(run_gridlock("diagnose " + history).exit_code, 0);
  EXPECT_EQ(run_gridlock("diagnose " + history + " --fail-on COMM_ORDER_RISK").exit_code, 1);
}

TEST(RunCommand, WritesAReportForPrograms) {
  const BinaryRun run = run_gridlock("run scenarios/must_fail/count_mismatch.json --report /dev/stderr");
  const auto report = nlohmann::json::parse(run.err);
  EXPECT_EQ(report.at(0).at("outcome"), "mismatch");
  EXPECT_EQ(report.at(0).at("exit_code"), 3);
  EXPECT_EQ(report.at(0).at("diagnoses").at(0).at("code"), "COLL_COUNT_MISMATCH");
  EXPECT_EQ(report.at(0).at("diagnoses").at(0).at("blame").at("ranks"), nlohmann::json({2}));
  EXPECT_EQ(report.at(0).at("as_expected"), true);
}

TEST(RunCommand, RefusesTheGpuBackendWithoutItsLibraries) {
  // Found before any other library of that name, if there is one.
  const std::string folder = temporary_file("libraries", "");
  std::filesystem::remove(folder);
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/libcuda.so.1") << "no library";
  ::setenv("LD_LIBRARY_PATH", folder.c_str(), 1);
  const BinaryRun run = run_gridlock("run scenarios/gpu_smoke/ring_of_2.json --backend nccl");
  ::unsetenv("LD_LIBRARY_PATH");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err,
            "--backend nccl: cannot open libcuda.so.1: " + folder +
                "/libcuda.so.1: file too short\n"
                "  hint: it comes with the NVIDIA driver; without a GPU use --backend sim or gloo\n");
  std::filesystem::remove_all(folder);
}

TEST(RunCommand, WhatCannotBeWrittenIsSaidBeforeTheRun) {
  for (const char* flag : {"--report", "--record"}) {
    const BinaryRun run =
        run_gridlock(std::string("run scenarios/basics/barrier.json ") + flag + " /nowhere/at/all.json");
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(run.err, "/nowhere/at/all.json: cannot write this file\n");
  }
}

TEST(RunCommand, AnOutputNeverReplacesTheScenarioOrAnotherOutput) {
  const std::string text = read_file(GRIDLOCK_SOURCE_DIR "/scenarios/basics/barrier.json");
  const std::string path = temporary_file("victim.json", text);
  const BinaryRun run = run_gridlock("run " + path + " --report " + path);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, path + ": this file is read by the command, and would be written over\n");
  EXPECT_EQ(read_file(path), text);
  const BinaryRun both = run_gridlock("run " + path + " --report " + path + ".out --record " + path + ".out");
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_EQ(both.err, path + ".out: two outputs cannot go to one file\n");
}

TEST(RunCommand, ASizeThatNoMachineHoldsIsRefusedAndRunsInShapeMode) {
  const std::string path = temporary_file("large.json", R"({ "world": { "ranks": 2 }, "programs": [
    { "ranks": "all", "steps": [ { "all_reduce": { "group": "world", "count": 100000000000 } } ] } ] })");
  const BinaryRun data = run_gridlock("run " + path);
  EXPECT_EQ(data.exit_code, 2);
  EXPECT_EQ(data.err,
            path +
                ":2: 100000000000 elements of float32 are more than 16 GiB of real data on every rank\n"
                "  hint: \"payload\": \"shape\" (or --payload shape) runs the same calls with sizes only\n");
  EXPECT_EQ(run_gridlock("run " + path + " --payload shape").exit_code, 0);
}

TEST(RunCommand, OfManyFindingsTheFirstOnesAreShownAndTheOthersCounted) {
  const std::string path = temporary_file("many.json", R"({ "world": { "ranks": 64 }, "programs": [
    { "ranks": "all", "steps": [ { "recv": { "group": "world", "from_rank":
      { "sum": [ { "by": "rank", "values": [1,0,3,2,5,4,7,6,9,8,11,10,13,12,15,14,17,16,19,18,21,20,23,22,25,24,
        27,26,29,28,31,30,33,32,35,34,37,36,39,38,41,40,43,42,45,44,47,46,49,48,51,50,53,52,55,54,57,56,59,58,61,60,
        63,62] } ] }, "count": 1 } } ] } ] })");
  const BinaryRun run = run_gridlock("run " + path);
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_LT(std::count(run.out.begin(), run.out.end(), '\n'), 80);
}

TEST(RunCommand, RefusesBadInputWithItsPlace) {
  const std::string path =
      temporary_file("bad.json", "{\n  \"name\": \"x\",\n  \"wrold\": { \"ranks\": 2 }\n}\n");
  const BinaryRun run = run_gridlock("run " + path);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("bad.json:3:3"));
  EXPECT_THAT(run.err, HasSubstr("did you mean 'world'?"));
}

TEST(RunCommand, RefusesAnUnknownBackend) {
  const BinaryRun run = run_gridlock("run scenarios/basics/barrier.json --backend glo");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, "--backend: unknown backend 'glo'\n  hint: did you mean 'gloo'?\n");
}

TEST(RunCommand, SetChangesTheScenario) {
  const BinaryRun run = run_gridlock("run scenarios/basics/all_reduce.json --set world.ranks=6");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("6 ranks"));
}

TEST(RunCommand, RunsOnRealProcessesWithTheSameTranscript) {
  const BinaryRun on_sim = run_gridlock("run scenarios/grids/single_3d.json");
  const BinaryRun on_gloo = run_gridlock("run scenarios/grids/single_3d.json --backend gloo");
  EXPECT_EQ(on_gloo.exit_code, 0) << on_gloo.out << on_gloo.err;
  EXPECT_EQ(line_after(on_sim.out, "transcript "), line_after(on_gloo.out, "transcript "));
}

TEST(RunCommand, DiagnosesARealHangAsTheSimulatorDoes) {
  const BinaryRun run = run_gridlock(
      "run scenarios/must_fail/missing_rank.json --backend gloo --set limits.real_timeout_ms=3000");
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.out, StartsWith("missing_rank: stall COLL_MISSING_RANK\n"));
}

}  // namespace
}  // namespace gridlock
