#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/diagnosis/render.h"
#include "core/history/transcript.h"
#include "harness/histories/history_reader.h"
#include "harness/histories/history_writer.h"
#include "harness/read/scenario_reader.h"
#include "harness/run/runner.h"
#include "sim/sim_world.h"
#include "tests/harness/small_worlds.h"

namespace gridlock {
namespace {

const std::string kFolder = std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/";

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(kFolder.size());
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

RunResult run_first_cell(const std::string& file) {
  const auto scenario = std::make_shared<const Scenario>(std::move(load_scenarios(file).front()));
  SimWorld world;
  return run_case(scenario, world, scenario->options).run;
}

/// All that a report says of a run.
std::string words(const Verdict& verdict, const Histories& histories) {
  std::string text(outcome_name(verdict.outcome));
  for (const Diagnosis& diagnosis : verdict.diagnoses) text += "\n" + render(diagnosis, histories);
  return text;
}

std::string words(const RecordedRun& run) {
  return words(judge(*run.histories, run.end, run.complaints), *run.histories);
}

RecordedRun read_whole(const RunResult& run) {
  HistoryReader reader;
  reader.read(HistoryWriter(*run.histories, run.end, run.complaints).run_text(), "run.jsonl");
  return reader.take();
}

RecordedRun read_rank_by_rank(const RunResult& run, RankId missing = kNoRank) {
  HistoryWriter writer(*run.histories, run.end, run.complaints);
  HistoryReader reader;
  for (RankId rank = 0; rank < static_cast<RankId>(run.histories->ranks.size()); ++rank) {
    if (rank != missing) reader.read(writer.rank_text(rank), "rank" + std::to_string(rank) + ".jsonl");
  }
  return reader.take();
}

RankSet blamed_by(const Verdict& verdict) {
  RankSet ranks;
  for (const Diagnosis& diagnosis : verdict.diagnoses) {
    ranks = ranks.united(diagnosis.blame.ranks);
    for (const RankSet& other : diagnosis.blame.alternatives) ranks = ranks.united(other);
  }
  return ranks;
}

class HistoryFile : public ::testing::TestWithParam<std::string> {};

TEST_P(HistoryFile, IsJudgedWordForWordAsTheRunThatItWasWrittenFrom) {
  const RunResult run = run_first_cell(GetParam());
  const std::string expected = words(run.verdict, *run.histories);
  EXPECT_EQ(words(read_whole(run)), expected);
  EXPECT_EQ(words(read_rank_by_rank(run)), expected);
}

TEST_P(HistoryFile, HoldsWhatEveryRankDidInItsOrder) {
  const RunResult run = run_first_cell(GetParam());
  const RecordedRun again = read_whole(run);
  for (RankId rank = 0; rank < static_cast<RankId>(run.histories->ranks.size()); ++rank) {
    std::vector<std::string> before = transcript_lines(*run.histories, rank);
    std::vector<std::string> after = transcript_lines(*again.histories, rank);
    // The last line is the hash of what the rank received, which is no part of the format.
    before.pop_back();
    after.pop_back();
    ASSERT_EQ(after, before) << "rank " << rank;
  }
}

TEST_P(HistoryFile, IsWrittenAgainAsTheSameText) {
  const RunResult run = run_first_cell(GetParam());
  const RecordedRun again = read_whole(run);
  EXPECT_EQ(HistoryWriter(*again.histories, again.end, again.complaints).run_text(),
            HistoryWriter(*run.histories, run.end, run.complaints).run_text());
}

// Ranks that the whole run does not blame are healthy.
TEST_P(HistoryFile, NeverLeadsToCertainBlameOfAHealthyRankWhicheverFileIsLost) {
  const RunResult run = run_first_cell(GetParam());
  const auto size = static_cast<RankId>(run.histories->ranks.size());
  const RankSet guilty = blamed_by(run.verdict);
  for (RankId missing = 0; size > 1 && missing < size; ++missing) {
    const RecordedRun rest = read_rank_by_rank(run, missing);
    const Verdict verdict = judge(*rest.histories, rest.end, rest.complaints);
    for (const Diagnosis& found : verdict.diagnoses) {
      if (found.certainty != Certainty::certain || found.severity == Severity::warning) continue;
      EXPECT_EQ(found.blame.ranks.without(guilty).to_string(), "none")
          << "without rank " << missing << ": " << render(found, *rest.histories);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Examples, HistoryFile, ::testing::ValuesIn(files_of_small_worlds()), test_name);

}  // namespace
}  // namespace gridlock
