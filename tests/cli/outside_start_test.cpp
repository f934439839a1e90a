// Ranks that somebody else starts, as torchrun, mpirun and srun do: real processes that share a folder only.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

struct RankRun {
  int exit_code = -1;
  std::string text;
};

class OutsideRanks : public testing::Test {
 protected:
  OutsideRanks() {
    std::string path = testing::TempDir() + "gridlock-outside-XXXXXX";
    folder_ = ::mkdtemp(path.data());
  }
  ~OutsideRanks() override { std::filesystem::remove_all(folder_); }

  static std::string torchrun(int rank, int size) {
    return fmt::format("RANK={} WORLD_SIZE={} LOCAL_RANK={} MASTER_ADDR=127.0.0.1 MASTER_PORT=29500", rank,
                       size, rank % 2);
  }
  static std::string mpirun(int rank, int size) {
    return fmt::format("OMPI_COMM_WORLD_RANK={} OMPI_COMM_WORLD_SIZE={} OMPI_COMM_WORLD_LOCAL_RANK={}", rank,
                       size, rank);
  }
  static std::string srun(int rank, int size) {
    return fmt::format("SLURM_PROCID={} SLURM_STEP_NUM_TASKS={} SLURM_LOCALID=0", rank, size);
  }

  /// Starts `gridlock run` once per rank, each two from a folder and with a TMPDIR of their own, as on two
  /// machines, and waits for all.
  std::vector<RankRun> start(int count, const std::function<std::string(int)>& variables,
                             const std::string& arguments) const {
    std::vector<FILE*> pipes;
    for (int rank = 0; rank < count; ++rank) {
      const std::string machine = fmt::format("{}/machine-{}", folder_, rank / 2);
      std::filesystem::create_directories(machine);
      pipes.push_back(
          ::popen(fmt::format("cd '{}' && TMPDIR='{}' {} '{}' run {} --backend gloo --store "
                              "'file:{}/store' 2>&1 </dev/null",
                              machine, machine, variables(rank), GRIDLOCK_BINARY, arguments, folder_)
                      .c_str(),
                  "r"));
    }
    std::vector<RankRun> runs;
    for (FILE* pipe : pipes) {
      RankRun& run = runs.emplace_back();
      for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) {
        run.text += static_cast<char>(letter);
      }
      const int status = ::pclose(pipe);
      run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    return runs;
  }

  /// Files that the ranks left, without the folders that the test made.
  std::size_t left_files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      count += entry.is_directory() ? 0 : 1;
    }
    return count;
  }

  std::string folder_;
};

std::string scenario(const std::string& path) { return GRIDLOCK_SOURCE_DIR "/scenarios/" + path; }

/// A line of a report, from the word on: the first that has it.
std::string line_with(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  return at == std::string::npos ? "no " + word : text.substr(at, text.find('\n', at) - at);
}

TEST_F(OutsideRanks, OfTorchrunPassAndHaveTheTranscriptOfTheSimulator) {
  const std::string file = scenario("gpu_smoke/grid.json");
  const std::string sizes =
      " --set params.ranks=4 --set params.pipe=2 --set params.data=1 --set params.tensor=2";
  const auto runs = start(
      4, [](int rank) { return torchrun(rank, 4); }, file + sizes);
  for (const RankRun& run : runs) EXPECT_EQ(run.exit_code, 0) << run.text;
  const BinaryRun simulated = run_gridlock("run " + file + sizes);
  EXPECT_EQ(simulated.exit_code, 0);
  EXPECT_EQ(line_with(runs[0].text, "transcript "), line_with(simulated.out, "transcript "));
  EXPECT_EQ(runs[1].text + runs[2].text + runs[3].text, "");
  EXPECT_EQ(left_files(), 0U);
}

TEST_F(OutsideRanks, OfMpirunThatHangAreDiagnosedAsInTheSimulator) {
  const std::string arguments = scenario("gpu_smoke/hang_missing_call.json") +
                                " --set params.ranks=3 --set limits.real_timeout_ms=2000";
  const auto runs = start(
      3, [](int rank) { return mpirun(rank, 3); }, arguments);
  for (const RankRun& run : runs) EXPECT_EQ(run.exit_code, 4) << run.text;
  const BinaryRun simulated = run_gridlock("run " + arguments);
  for (const char* word : {"hang_missing_call: ", "error ", "what ", "who "}) {
    EXPECT_EQ(line_with(runs[0].text, word), line_with(simulated.out, word));
  }
  EXPECT_EQ(left_files(), 0U);
}

TEST_F(OutsideRanks, OfSrunOfWhichOneNeverComesEndInTime) {
  const std::string arguments = scenario("gpu_smoke/hang_missing_call.json") +
                                " --set params.ranks=3 --set limits.real_timeout_ms=2000";
  const auto runs = start(
      2, [](int rank) { return srun(rank, 3); }, arguments);
  for (const RankRun& run : runs) EXPECT_EQ(run.exit_code, 7) << run.text;
  EXPECT_EQ(line_with(runs[0].text, "hang_missing_call: "),
            "hang_missing_call: rank_lost RANK_FAILED_PEERS_WAIT");
  EXPECT_EQ(line_with(runs[0].text, "who "), "who       rank 2; the trouble starts there");
  EXPECT_EQ(line_with(runs[0].text, "rank 2: did"), "rank 2: did not come within 2 s");
  EXPECT_EQ(left_files(), 0U);
}

TEST_F(OutsideRanks, ThatAreTwoOfOneNumberAreRefused) {
  const std::string arguments = scenario("gpu_smoke/hang_missing_call.json") +
                                " --set params.ranks=2 --set limits.real_timeout_ms=1000";
  const auto runs = start(
      2, [](int) { return torchrun(0, 2); }, arguments);
  // One of the two was first, and missed rank 1.
  const RankRun& second = runs[runs[0].exit_code == 2 ? 0 : 1];
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_EQ(second.text,
            fmt::format("--store: {}/store/gridlock-0/rank-0.log is there already\n"
                        "  hint: two processes have one rank, or an earlier run was killed: give each run a "
                        "folder of its own, or empty this one\n",
                        folder_));
  EXPECT_EQ(runs[0].exit_code + runs[1].exit_code, 2 + 7);
}

TEST_F(OutsideRanks, OfAnotherNumberThanTheScenarioHasAreRefused) {
  const auto runs = start(
      1, [](int) { return torchrun(0, 4); }, scenario("gpu_smoke/hang_missing_call.json"));
  EXPECT_EQ(runs[0].exit_code, 2);
  EXPECT_EQ(runs[0].text,
            "world: torchrun started 4 processes, the scenario has 2 ranks\n"
            "  hint: start one process for each rank of the scenario\n");
}

TEST(StoreFlag, IsNeededByARankAndByNobodyElse) {
  const std::string file = "scenarios/basics/barrier.json";
  EXPECT_EQ(run_gridlock("run " + file + " --backend gloo --store file:/nowhere").err,
            "--store: this process was not started as a rank\n"
            "  hint: start it with torchrun, mpirun or srun, or set RANK, WORLD_SIZE and LOCAL_RANK\n");
  EXPECT_EQ(run_gridlock("run " + file + " --store file:/nowhere").err,
            "--store: the simulator has no processes that could meet\n"
            "  hint: add --backend gloo or nccl\n");
}

TEST(StoreFlag, IsAskedForUnderALauncherAndMustNameAFolder) {
  ::setenv("RANK", "1", 1);
  ::setenv("WORLD_SIZE", "4", 1);
  const std::string file = "scenarios/basics/barrier.json --backend gloo";
  const BinaryRun without = run_gridlock("run " + file);
  const BinaryRun redis = run_gridlock("run " + file + " --store redis:localhost:6379");
  ::unsetenv("RANK");
  ::unsetenv("WORLD_SIZE");
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_EQ(
      without.err,
      "--store: this process is rank 1 of 4 of torchrun, and ranks need a place to meet\n"
      "  hint: add --store file:FOLDER, a folder that all ranks share; to start all ranks here, unset the "
      "variables of the launcher\n");
  EXPECT_EQ(
      redis.err,
      "--store: expected file:FOLDER, got 'redis:localhost:6379'\n"
      "  hint: histories are gathered through files, which Redis cannot hold: name a folder that all ranks "
      "share\n");
}

}  // namespace
}  // namespace gridlock
