#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string fresh_folder(const std::string& name) {
  const std::string path = temporary_file(name, "");
  std::filesystem::remove_all(path);
  return path;
}

TEST(DiagnoseCommand, SaysOfAHistoryWhatTheRunSaid) {
  const std::string file = temporary_file("missing.jsonl", "");
  const std::string folder = fresh_folder("missing_ranks");
  const BinaryRun run = run_gridlock("run scenarios/must_fail/missing_rank.json --history " + file);
  run_gridlock("run scenarios/must_fail/missing_rank.json --history " + folder + "/");
  const std::string diagnosis =
      run.out.substr(run.out.find("error"), run.out.find("  8 ranks") - run.out.find("error"));
  for (const std::string& path : {file, folder}) {
    const BinaryRun again = run_gridlock("diagnose " + path);
    EXPECT_EQ(again.exit_code, 4) << again.err;
    EXPECT_THAT(again.out, StartsWith("stall COLL_MISSING_RANK\n" + diagnosis));
  }
  EXPECT_TRUE(std::filesystem::exists(folder + "/rank7.jsonl"));
}

TEST(DiagnoseCommand, FitsOneScreenAndNamesRanksWithoutAHistory) {
  const std::string dumps = "tests/data/torch_dumps/rank1_is_slow/";
  const BinaryRun run =
      run_gridlock("diagnose " + dumps + "rank0.json " + dumps + "rank1.json " + dumps + "rank3.json");
  EXPECT_EQ(run.exit_code, 13) << run.err;
  EXPECT_THAT(run.out, StartsWith("timeout SLOW_RANK_TIMEOUT\nerror SLOW_RANK_TIMEOUT (undecided)\n"));
  EXPECT_THAT(run.out, HasSubstr("\nwhere the ranks stood -> whom they wait for\n"));
  EXPECT_THAT(run.out, HasSubstr("\n4 ranks, 3 of them with a history; none of rank 2\n"));
  EXPECT_LT(std::count(run.out.begin(), run.out.end(), '\n'), 50);
}

TEST(DiagnoseCommand, WritesJsonAndDot) {
  const std::string history = "diagnose examples/histories/rank_died.jsonl --format ";
  const BinaryRun json = run_gridlock(history + "json");
  EXPECT_EQ(json.exit_code, 7);
  const auto report = nlohmann::json::parse(json.out);
  EXPECT_EQ(report.at("diagnoses").at(0).at("code"), "RANK_FAILED_PEERS_WAIT");
  EXPECT_EQ(report.at("classes").at(0).at("waits_for"), "3");
  EXPECT_EQ(run_gridlock(history + "dot").out,
            "digraph waits {\n  node [shape=box];\n"
            "  c0 [label=\"ranks 0-2: all_reduce #2 on world, 1024 x bfloat16, sum\"];\n"
            "  c1 [label=\"rank 3: the end of all_reduce #1 on world\", color=red];\n"
            "  c0 -> c1;\n}\n");
}

TEST(DiagnoseCommand, ReadsTheDumpsThatRunWrites) {
  const std::string folder = fresh_folder("recorders");
  run_gridlock("run scenarios/must_fail/count_mismatch.json --flight-recorder " + folder);
  const BinaryRun run = run_gridlock("diagnose " + folder);
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_THAT(run.out, HasSubstr("error COLL_COUNT_MISMATCH (certain)"));
  EXPECT_THAT(run.out, HasSubstr("who       rank 2; unlike the majority"));
}

TEST(DiagnoseCommand, RefusesWhatIsNoRunWithThePlace) {
  const std::string file = temporary_file("rank0.json", "{\"version\": \"2.10\", \"entries\": [1]}");
  const BinaryRun run = run_gridlock("diagnose " + file);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, file + " /entries/0: expected an object, got number\n");
  EXPECT_EQ(run.out, "");
}

TEST(DiagnoseCommand, ExplainTakesAnyLetterCaseAndShowsAnExample) {
  const BinaryRun run = run_gridlock("explain coll_missing_rank");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, StartsWith("COLL_MISSING_RANK\n"));
  EXPECT_THAT(run.out, HasSubstr("\nExample: scenarios/must_fail/missing_rank.json"));
  EXPECT_THAT(run.out, HasSubstr("\nSeen in: https://github.com/"));
  EXPECT_THAT(run_gridlock("explain STALL").out, StartsWith("stall (exit code 4)"));
}

}  // namespace
}  // namespace gridlock
