#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/histories/diagnosis_report.h"
#include "harness/histories/flight_history.h"
#include "harness/histories/flight_writer.h"
#include "harness/histories/pickle.h"
#include "harness/read/scenario_reader.h"
#include "harness/run/runner.h"
#include "sim/sim_world.h"
#include "tests/harness/small_worlds.h"

namespace gridlock {
namespace {

const std::string kFolder = std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/";

RunResult run_on_sim(const std::string& file) {
  const auto scenario = std::make_shared<const Scenario>(std::move(load_scenarios(kFolder + file).front()));
  SimWorld world;
  return run_case(scenario, world, scenario->options).run;
}

/// The run as its ranks' flight recorders show it, one of them lost.
DiagnosedRun seen_by_recorders(const RunResult& run, FlightFormat format, RankId missing = kNoRank) {
  std::vector<FlightDump> dumps;
  for (RankId rank = 0; rank < static_cast<RankId>(run.histories->ranks.size()); ++rank) {
    if (rank == missing) continue;
    const std::string bytes = flight_dump_bytes(*run.histories, rank, format);
    const nlohmann::json json =
        format == FlightFormat::pickle ? read_pickle(bytes, "rank") : nlohmann::json::parse(bytes);
    dumps.push_back(read_flight_dump(json, rank, "rank" + std::to_string(rank)));
  }
  return diagnose(run_of_flight_dumps(dumps));
}

std::string said(const DiagnosedRun& diagnosed) {
  const Diagnosis* found = deciding_diagnosis(diagnosed.verdict);
  if (found == nullptr) return "nothing";
  return std::string(code_name(found->code)) + " " + found->blame.ranks.to_string();
}

TEST(FlightWriter, ACallWhoseHostStillConnectsIsScheduledAndNotOver) {
  const RunResult run = run_on_sim("semantics/first_batch_of_a_pair.json");
  ASSERT_EQ(run.histories->ranks[1].state, HostState::connecting);
  const auto dump = nlohmann::json::parse(flight_dump_bytes(*run.histories, 1, FlightFormat::json));
  ASSERT_EQ(dump["entries"].size(), 2U);
  EXPECT_EQ(dump["entries"][0]["state"], "completed");
  EXPECT_EQ(dump["entries"][1]["state"], "scheduled");
}

/// A bug whose calls the recorder sees in full, and what has to be said of its dumps.
struct VisibleBug {
  const char* file;
  const char* verdict;
};

class VisibleInDumps : public ::testing::TestWithParam<VisibleBug> {};

TEST_P(VisibleInDumps, IsBlamedOnTheRanksThatTheRunItselfBlames) {
  const RunResult run = run_on_sim(GetParam().file);
  for (const FlightFormat format : {FlightFormat::json, FlightFormat::pickle}) {
    const DiagnosedRun diagnosed = seen_by_recorders(run, format);
    EXPECT_EQ(said(diagnosed), GetParam().verdict) << text_report(diagnosed, {});
  }
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, VisibleInDumps,
    ::testing::Values(VisibleBug{"must_fail/count_mismatch.json", "COLL_COUNT_MISMATCH 2"},
                      VisibleBug{"must_fail/count_mismatch_tie.json", "COLL_COUNT_MISMATCH 0-3"},
                      VisibleBug{"must_fail/dtype_mismatch.json", "COLL_DTYPE_MISMATCH 2"},
                      VisibleBug{"must_fail/kind_mismatch.json", "COLL_TYPE_MISMATCH 2"},
                      VisibleBug{"must_fail/sequence_shift.json", "COLL_SEQUENCE_SHIFT 2"},
                      VisibleBug{"must_fail/both_send_first.json", "P2P_CYCLE 0-1"},
                      VisibleBug{"must_fail/communicators_in_other_order.json", "COMM_ORDER_CYCLE 0-1"}),
    [](const auto& one) {
      std::string name = one.param.file;
      name = name.substr(name.find('/') + 1);
      return name.substr(0, name.find('.'));
    });

class DumpOfRun : public ::testing::TestWithParam<std::string> {};

/// Ranks that the run itself does not blame, in any reading of it, are healthy.
void expect_no_healthy_rank_blamed_for_certain(const RunResult& run, const DiagnosedRun& diagnosed) {
  const Diagnosis* truth = deciding_diagnosis(run.verdict);
  RankSet guilty;
  if (truth != nullptr) {
    guilty = truth->blame.ranks;
    for (const RankSet& other : truth->blame.alternatives) guilty = guilty.united(other);
  }
  for (const Diagnosis& found : diagnosed.verdict.diagnoses) {
    if (found.certainty != Certainty::certain || found.severity == Severity::warning) continue;
    EXPECT_TRUE(found.blame.ranks.without(guilty).empty()) << text_report(diagnosed, {});
  }
}

TEST_P(DumpOfRun, NeverBlamesAHealthyRankForCertainWhicheverDumpIsLost) {
  const RunResult run = run_on_sim(GetParam().substr(kFolder.size()));
  expect_no_healthy_rank_blamed_for_certain(run, seen_by_recorders(run, FlightFormat::json));
  for (RankId missing = 0; missing < static_cast<RankId>(run.histories->ranks.size()); ++missing)
    expect_no_healthy_rank_blamed_for_certain(run, seen_by_recorders(run, FlightFormat::json, missing));
}

INSTANTIATE_TEST_SUITE_P(Files, DumpOfRun, ::testing::ValuesIn(files_of_small_worlds()), [](const auto& one) {
  std::string name = one.param.substr(kFolder.size());
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

TEST(FlightWriter, ARunThatPassesLeavesDumpsThatSayNothing) {
  for (const char* file : {"basics/ring_in_one_batch.json", "basics/all_to_all_v.json",
                           "basics/streams_and_tickets.json", "grids/pipeline_schedules.json"}) {
    const RunResult run = run_on_sim(file);
    EXPECT_EQ(said(seen_by_recorders(run, FlightFormat::json)), "nothing") << file;
  }
}

TEST(FlightWriter, WritesABatchAsEntriesOfOneLaunchWithTheStateAtItsEnd) {
  const RunResult run = run_on_sim("basics/ring_in_one_batch.json");
  const auto dump = flight_dump(*run.histories, 0, FlightFormat::json);
  std::vector<std::string> lines;
  for (const auto& entry : dump.at("entries")) {
    lines.push_back(entry.at("profiling_name").get<std::string>() + " " + entry.at("p2p_seq_id").dump() +
                    " " + entry.at("state").get<std::string>());
  }
  ASSERT_GE(lines.size(), 3U);
  EXPECT_THAT(lines[0], ::testing::EndsWith(" 1 scheduled"));
  EXPECT_THAT(lines[1], ::testing::EndsWith(" 1 scheduled"));
  EXPECT_EQ(lines[2], "nccl:coalesced 1 completed");
}

}  // namespace
}  // namespace gridlock
