#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/histories/diagnosis_report.h"
#include "harness/histories/flight_history.h"
#include "harness/histories/run_files.h"
#include "harness/run/runner.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;

const std::string kDumps = std::string(GRIDLOCK_SOURCE_DIR) + "/tests/data/torch_dumps/";

/// What a program did that was run on four GPUs (tests/data/torch_dumps/README.md): the verdict that follows.
struct RealCase {
  std::string name;
  std::optional<Code> code;
  RankSet blame;
  Certainty certainty;
  /// Where the blamed rank and another one first parted.
  std::string blamed_call;
  std::string other_call;
};

const std::vector<RealCase>& real_cases() {
  static const std::vector<RealCase> cases = {
      {"passes", std::nullopt, {}, Certainty::certain, "", ""},
      {"communicators_inverted_on_rank0", std::nullopt, {}, Certainty::certain, "", ""},
      {"rank3_skips_data_all_reduce",
       Code::COLL_MISSING_RANK,
       {3},
       Certainty::likely,
       "all_reduce #3 on default_pg, 1 x float32",
       "all_reduce #3 on data_p1, 4096 x float32"},
      {"count_differs_on_rank1",
       Code::COLL_COUNT_MISMATCH,
       {1},
       Certainty::likely,
       "all_reduce #3 on data_p0, 4097 x float32",
       "all_reduce #3 on data_p0, 4096 x float32"},
      {"order_swapped_on_rank1",
       Code::COLL_ORDER_MISMATCH,
       {1},
       Certainty::certain,
       "broadcast #3 on default_pg, 2048 x float32, root an unknown rank",
       "all_reduce #3 on default_pg, 2048 x float32"},
      {"rank2_misses_a_recv",
       Code::P2P_UNMATCHED_SEND,
       {2},
       Certainty::likely,
       "recv #5 from rank 0 on pipe_d0, 1024 x float32",
       "send #5 to rank 2 on pipe_d0, 67108864 x float32"},
      {"rank1_is_slow",
       Code::SLOW_RANK_TIMEOUT,
       {1},
       Certainty::undecided,
       "nothing more, in the time after all_reduce #2 on default_pg",
       ""},
  };
  return cases;
}

std::vector<std::string> dump_files(const std::string& name, const std::string& ending,
                                    RankId without = kNoRank) {
  std::vector<std::string> files;
  for (RankId rank = 0; rank < 4; ++rank) {
    if (rank != without) files.push_back(kDumps + name + "/rank" + std::to_string(rank) + ending);
  }
  return files;
}

const Diagnosis* deciding(const DiagnosedRun& run) { return deciding_diagnosis(run.verdict); }

void expect_verdict(const RealCase& real, const DiagnosedRun& diagnosed) {
  const Diagnosis* found = deciding(diagnosed);
  SCOPED_TRACE(text_report(diagnosed, {}));
  ASSERT_EQ(found != nullptr, real.code.has_value());
  if (found == nullptr) {
    EXPECT_EQ(diagnosed.verdict.outcome, Outcome::passed);
    return;
  }
  EXPECT_EQ(code_name(found->code), code_name(*real.code));
  EXPECT_EQ(found->blame.ranks, real.blame);
  EXPECT_EQ(certainty_name(found->certainty), certainty_name(real.certainty));
  ASSERT_FALSE(found->first_divergence.empty());
  EXPECT_EQ(found->first_divergence.front().call, real.blamed_call);
  if (real.other_call.empty()) return;
  EXPECT_EQ(found->first_divergence.back().call, real.other_call);
}

class RealDump : public ::testing::TestWithParam<RealCase> {};

TEST_P(RealDump, OfJsonFilesIsJudgedAsTheProgramWasWritten) {
  expect_verdict(GetParam(), diagnose(read_run(dump_files(GetParam().name, ".json"))));
}

TEST_P(RealDump, OfPicklesIsJudgedTheSameWithThePlaceOfTheCall) {
  const DiagnosedRun diagnosed = diagnose(read_run(dump_files(GetParam().name, ".pickle")));
  expect_verdict(GetParam(), diagnosed);
  if (deciding(diagnosed) == nullptr) return;
  EXPECT_THAT(deciding(diagnosed)->first_divergence.front().place, HasSubstr("train_grid_example_.py:"));
}

TEST_P(RealDump, WithoutAnyOneRankNeverBlamesAHealthyRankAsCertain) {
  for (const std::string ending : {".json", ".pickle"}) {
    for (RankId missing = 0; missing < 4; ++missing) {
      const DiagnosedRun diagnosed = diagnose(read_run(dump_files(GetParam().name, ending, missing)));
      SCOPED_TRACE(text_report(diagnosed, {}));
      for (const Diagnosis& diagnosis : diagnosed.verdict.diagnoses) {
        const bool only_guilty = diagnosis.blame.ranks.without(GetParam().blame).empty();
        EXPECT_TRUE(diagnosis.certainty != Certainty::certain || only_guilty);
      }
      EXPECT_THAT(text_report(diagnosed, {}), HasSubstr("none of rank " + std::to_string(missing)));
    }
  }
}

TEST_P(RealDump, WithoutAHealthyRankStillFindsWhoIsToBlameOrSaysThatNobodyCanTell) {
  for (RankId missing = 0; missing < 4; ++missing) {
    if (GetParam().blame.contains(missing) || !GetParam().code) continue;
    const DiagnosedRun diagnosed = diagnose(read_run(dump_files(GetParam().name, ".json", missing)));
    SCOPED_TRACE(text_report(diagnosed, {}));
    ASSERT_NE(deciding(diagnosed), nullptr);
    const bool is_right = deciding(diagnosed)->blame.ranks == GetParam().blame;
    EXPECT_TRUE(is_right || deciding(diagnosed)->certainty == Certainty::undecided);
  }
}

INSTANTIATE_TEST_SUITE_P(H200, RealDump, ::testing::ValuesIn(real_cases()),
                         [](const auto& one) { return one.param.name; });

// A hang in the creation of groups: the recorder of a rank that has called nothing is empty.
TEST(FlightDump, DumpsWithoutACallAreNoRunThatPassed) {
  std::vector<FlightDump> dumps(3);
  for (RankId rank = 0; rank < 3; ++rank) dumps[static_cast<std::size_t>(rank)].rank = rank;
  const DiagnosedRun diagnosed = diagnose(run_of_flight_dumps(dumps));
  EXPECT_EQ(diagnosed.verdict.outcome, Outcome::stall);
  ASSERT_NE(deciding(diagnosed), nullptr);
  EXPECT_EQ(deciding(diagnosed)->code, Code::HOST_BLOCKED);
  EXPECT_EQ(deciding(diagnosed)->certainty, Certainty::undecided);
  EXPECT_EQ(deciding(diagnosed)->blame.relation, Relation::all);
  EXPECT_THAT(text_report(diagnosed, {}), HasSubstr("no dump shows a call"));
}

TEST(FlightDumpFolder, TakesThePickleOfARankThatHasBoth) {
  const DiagnosedRun diagnosed =
      diagnose(read_run(std::vector<std::string>{kDumps + "count_differs_on_rank1"}));
  EXPECT_THAT(text_report(diagnosed, {}), HasSubstr("train_grid_example_.py"));
  EXPECT_THAT(diagnosed.run.notes,
              ::testing::ElementsAre("where a rank has a pickle and a JSON dump, the pickle was read"));
}

}  // namespace
}  // namespace gridlock
