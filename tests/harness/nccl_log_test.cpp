#include "harness/histories/nccl_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/histories/diagnosis_report.h"
#include "harness/histories/run_files.h"
#include "harness/run/runner.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const std::string kData = std::string(GRIDLOCK_SOURCE_DIR) + "/tests/data/";

/// What each program did (tests/data/torch_dumps/README.md), as far as a log can show it.
struct RealLog {
  std::string name;
  std::optional<Code> code;
  RankSet blame;
};

const std::vector<RealLog>& real_logs() {
  static const std::vector<RealLog> logs = {
      {"passes", std::nullopt, {}},
      {"communicators_inverted_on_rank0", std::nullopt, {}},
      {"rank3_skips_data_all_reduce", Code::COLL_MISSING_RANK, RankSet({3})},
      {"count_differs_on_rank1", Code::COLL_COUNT_MISMATCH, RankSet({1})},
      {"order_swapped_on_rank1", Code::COLL_ORDER_MISMATCH, RankSet({1})},
      {"rank2_misses_a_recv", Code::P2P_UNMATCHED_SEND, RankSet({2})},
      {"rank1_is_slow", Code::SLOW_RANK_TIMEOUT, RankSet({1})},
  };
  return logs;
}

class RealNcclLog : public ::testing::TestWithParam<RealLog> {};

TEST_P(RealNcclLog, IsJudgedAsTheProgramWasWrittenAndNeverAsCertain) {
  const std::vector<std::string> folder{kData + "nccl_logs/" + GetParam().name};
  const DiagnosedRun diagnosed = diagnose(read_run(folder));
  SCOPED_TRACE(text_report(diagnosed, {}));
  const Diagnosis* found = deciding_diagnosis(diagnosed.verdict);
  ASSERT_EQ(found != nullptr, GetParam().code.has_value());
  EXPECT_THAT(diagnosed.run.notes,
              Contains(HasSubstr("NCCL logs of ranks 0-3: version 2.28.9, 7 communicators")));
  if (found == nullptr) return;
  EXPECT_EQ(code_name(found->code), code_name(*GetParam().code));
  EXPECT_EQ(found->blame.ranks, GetParam().blame);
  EXPECT_NE(found->certainty, Certainty::certain);
}

TEST_P(RealNcclLog, WithoutAnyOneRankBlamesNobodyAsCertain) {
  for (RankId without = 0; without < 4; ++without) {
    std::vector<std::string> files;
    for (RankId rank = 0; rank < 4; ++rank) {
      if (rank == without) continue;
      files.push_back(kData + "nccl_logs/" + GetParam().name + "/rank" + std::to_string(rank) + ".nccl.log");
    }
    for (const Diagnosis& found : diagnose(read_run(files)).verdict.diagnoses)
      EXPECT_NE(found.certainty, Certainty::certain) << without << ": " << found.summary;
  }
}

TEST_P(RealNcclLog, BesideTheDumpsChangesNothingInTheirVerdict) {
  const std::string dumps = kData + "torch_dumps/" + GetParam().name;
  const DiagnosedRun alone = diagnose(read_run(std::vector<std::string>{dumps}));
  const DiagnosedRun both =
      diagnose(read_run(std::vector<std::string>{dumps, kData + "nccl_logs/" + GetParam().name}));
  ASSERT_EQ(both.verdict.diagnoses.size(), alone.verdict.diagnoses.size());
  for (std::size_t i = 0; i < alone.verdict.diagnoses.size(); ++i) {
    EXPECT_EQ(both.verdict.diagnoses[i].summary, alone.verdict.diagnoses[i].summary);
    EXPECT_EQ(both.verdict.diagnoses[i].certainty, alone.verdict.diagnoses[i].certainty);
  }
  EXPECT_THAT(both.run.notes, Contains(HasSubstr("version 2.28.9")));
}

INSTANTIATE_TEST_SUITE_P(OfFourGpus, RealNcclLog, ::testing::ValuesIn(real_logs()),
                         [](const auto& one) { return one.param.name; });

std::string line(int pid, const std::string& text) {
  return "node:" + std::to_string(pid) + ":" + std::to_string(pid) + " [0] NCCL INFO " + text + "\n";
}
std::string init(int pid, int rank, int size, const std::string& id, const std::string& end = "COMPLETE") {
  return line(pid, "ncclCommInitRank comm 0x" + id + " rank " + std::to_string(rank) + " nranks " +
                       std::to_string(size) + " cudaDev 0 nvmlDev 0 busId 60 commId 0x" + id + " - Init " +
                       end);
}
std::string call(int pid, const std::string& operation, int count, int root, const std::string& comm) {
  return line(pid, operation + ": opCount 0 sendbuff 0x1 recvbuff 0x2 count " + std::to_string(count) +
                       " datatype 7 op 0 root " + std::to_string(root) + " comm 0x" + comm +
                       " [nranks=2] stream 0x9");
}

TEST(NcclLog, OfSeveralProcessesInOneFileTakesRanksFromTheLargestCommunicator) {
  const ScenarioFolder folder;
  folder.write("job.log", init(7, 1, 2, "a") + init(5, 0, 2, "a") + call(5, "AllReduce", 4, 0, "a") +
                              call(7, "AllReduce", 8, 0, "a"));
  const DiagnosedRun diagnosed = diagnose(read_run(std::vector<std::string>{folder.path("job.log")}));
  ASSERT_EQ(diagnosed.verdict.diagnoses.size(), 1U);
  EXPECT_EQ(diagnosed.verdict.diagnoses.front().code, Code::COLL_COUNT_MISMATCH);
}

TEST(NcclLog, OfAnExchangeInABatchIsNoCircle) {
  const ScenarioFolder folder;
  folder.write("rank0.log", init(5, 0, 2, "a") + call(5, "Send", 4, 1, "a") + call(5, "Recv", 4, 1, "a"));
  folder.write("rank1.log", init(7, 1, 2, "a") + call(7, "Send", 4, 0, "a") + call(7, "Recv", 4, 0, "a"));
  EXPECT_EQ(diagnose(read_run(std::vector<std::string>{folder.path(".")})).verdict.outcome, Outcome::passed);
}

TEST(NcclLog, NamesACommunicatorThatNotAllRanksCameTo) {
  const ScenarioFolder folder;
  folder.write("rank0.log",
               init(5, 0, 2, "a") + call(5, "AllReduce", 4, 0, "a") + init(5, 0, 2, "b", "START"));
  folder.write("rank1.log", init(7, 1, 2, "a") + call(7, "AllReduce", 4, 0, "a"));
  EXPECT_THAT(
      read_run(std::vector<std::string>{folder.path(".")}).notes,
      Contains("ranks 0 began to make a communicator of 2 ranks and had not ended when the log was taken; "
               "ranks 1 had not come to it"));
}

TEST(NcclLog, OfASplitIsJoinedByParentNumberAndColor) {
  const auto split = [](int pid, int rank) {
    return line(
        pid,
        "ncclCommSplit comm 0xf" + std::to_string(pid) + " rank " + std::to_string(rank) +
            " nranks 2 cudaDev 0 nvmlDev 0 busId 60 parent 0xa splitCount 1 color 3 key 0 - Init COMPLETE");
  };
  const std::string text = init(5, 0, 2, "a") + split(5, 0) + init(7, 1, 2, "a") + split(7, 1);
  const std::vector<NcclProcess> processes = read_nccl_log(text, "x");
  ASSERT_EQ(processes.size(), 2U);
  EXPECT_EQ(processes[0].communicators[1].id, "0xa split 1 color 3");
  EXPECT_EQ(processes[1].communicators[1].id, "0xa split 1 color 3");
  EXPECT_EQ(processes[1].communicators[1].rank, 1);
}

TEST(NcclLog, PassesOverWhatIsDamagedOrUnknown) {
  const std::string text = "hello\n" + init(5, 0, 2, "a") + call(5, "AllReduce", 4, 0, "b") +
                           call(5, "PutSignal", 4, 0, "a") + line(5, "AllReduce: opCount") + line(5, "") +
                           call(5, "Broadcast", 4, 9, "a");
  const std::vector<NcclProcess> processes = read_nccl_log(text, "x");
  ASSERT_EQ(processes.size(), 1U);
  EXPECT_EQ(processes[0].unread_calls, 2);
  ASSERT_EQ(processes[0].calls.size(), 1U);
  EXPECT_EQ(processes[0].calls[0].root, kNoRank) << "no rank of the communicator";
}

std::string refusal_of(const std::string& path) {
  try {
    (void)read_run(std::vector<std::string>{path});
  } catch (const InputError& error) {
    return error.message() + "\n" + error.hint();
  }
  return "";
}

TEST(NcclLog, WithoutCallsOrWithoutRanksIsNamedAndRefused) {
  const ScenarioFolder folder;
  folder.write("rank0.log", init(5, 0, 2, "a"));
  EXPECT_EQ(refusal_of(folder.path("rank0.log")),
            "this is a log of NCCL without any call, which allows no verdict\n"
            "NCCL_DEBUG=INFO NCCL_DEBUG_SUBSYS=INIT,COLL logs calls; a flight recorder dump says more");
  folder.write("job.log", init(5, 0, 2, "a") + call(5, "AllReduce", 4, 0, "a") + init(7, 0, 2, "b"));
  EXPECT_EQ(refusal_of(folder.path("job.log")),
            "nothing tells which rank process node:5 is\n"
            "write one log per process (NCCL_DEBUG_FILE) and name the files ...rank_0, ...rank_1");
}

}  // namespace
}  // namespace gridlock
