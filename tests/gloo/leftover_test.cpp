// What a run leaves behind on the machine: nothing.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/gloo/run_ranks.h"

namespace gridlock {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A folder that the runs of one test take for the system's temporary one.
class OwnTemporaryFolder : public testing::Test {
 protected:
  OwnTemporaryFolder() {
    std::string path = testing::TempDir() + "gridlock-leftover-XXXXXX";
    folder_ = ::mkdtemp(path.data());
    const char* before = std::getenv("TMPDIR");
    before_ = before == nullptr ? "" : before;
    ::setenv("TMPDIR", folder_.c_str(), 1);
  }
  ~OwnTemporaryFolder() override {
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }

  std::vector<std::string> run_directories() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.is_directory()) found.push_back(entry.path());
    }
    return found;
  }
  /// Rank programs note their processes here.
  void note_process() const {
    std::ofstream(folder_ + "/" + std::to_string(::getpid()) + ".process") << "here";
  }
  std::vector<pid_t> noted_processes() const {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() == ".process") found.push_back(std::stoi(entry.path().stem()));
    }
    return found;
  }
  void expect_nothing_left(std::size_t process_count) const {
    EXPECT_THAT(run_directories(), testing::IsEmpty());
    EXPECT_EQ(noted_processes().size(), process_count);
    for (const pid_t process : noted_processes()) EXPECT_TRUE(is_gone(process)) << process;
  }

  /// Waits a little: a process that was killed by the kernel's own hand takes a moment to go.
  static bool is_gone(pid_t process) {
    for (int i = 0; i < 200; ++i) {
      if (::kill(process, 0) != 0) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }

  std::string folder_;
  std::string before_;
};

Call lonely_recv(Rank& rank) {
  Call call;
  call.kind = CallKind::recv;
  call.peer = 1 - rank.id();
  call.count = 1;
  call.output = rank.allocate(1, DType::float32);
  return call;
}

TEST_F(OwnTemporaryFolder, IsEmptyAfterARunThatPassed) {
  run_ranks(4, [this](Rank&) { note_process(); });
  expect_nothing_left(4);
}

TEST_F(OwnTemporaryFolder, IsEmptyAfterARunThatHung) {
  run_ranks(
      2,
      [this](Rank& rank) {
        note_process();
        static_cast<void>(rank.run(lonely_recv(rank)));
      },
      milliseconds(1000));
  expect_nothing_left(2);
}

TEST_F(OwnTemporaryFolder, IsEmptyAfterARankThatWillNotLeaveAndItsOwnChildren) {
  run_ranks(
      2,
      [this](Rank& rank) {
        const pid_t child = ::fork();
        note_process();
        if (child == 0) ::pause();
        static_cast<void>(rank.run(lonely_recv(rank)));
        ::pause();
      },
      milliseconds(1000));
  expect_nothing_left(4);
}

TEST_F(OwnTemporaryFolder, RunDirectoryAndHistoriesArePrivate) {
  run_ranks(2, [this](Rank& rank) {
    for (const std::string& directory : run_directories()) {
      namespace fs = std::filesystem;
      expect_on_rank(rank, fs::status(directory).permissions() == fs::perms::owner_all,
                     "others may look into the run");
      const auto log = fs::status(directory + "/rank-0.log").permissions();
      expect_on_rank(rank, log == (fs::perms::owner_read | fs::perms::owner_write),
                     "others may read the history");
    }
    expect_on_rank(rank, run_directories().size() == 1, "no run directory");
  });
  expect_nothing_left(0);
}

/// A launcher in a process of its own, running two ranks that hang for a minute.
pid_t start_hanging_run(const std::function<void(Rank&)>& main) {
  const pid_t launcher = ::fork();
  if (launcher != 0) return launcher;
  const RunResult result = run_ranks(2, main, seconds(60));
  ::_exit(static_cast<int>(result.verdict.outcome));
}

/// Ctrl-C, what a batch system sends, a terminal that is closed.
class OwnTemporaryFolderOnSignal : public OwnTemporaryFolder, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Signal, OwnTemporaryFolderOnSignal, testing::Values(SIGINT, SIGTERM, SIGHUP),
                         [](const auto& signal) { return std::string("SIG") + sigabbrev_np(signal.param); });

TEST_P(OwnTemporaryFolderOnSignal, IsEmptyAfterwards) {
  const pid_t launcher = start_hanging_run([this](Rank& rank) {
    note_process();
    static_cast<void>(rank.run(lonely_recv(rank)));
  });
  while (noted_processes().size() < 2) std::this_thread::sleep_for(milliseconds(5));
  ::kill(launcher, GetParam());
  int status = 0;
  ::waitpid(launcher, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(Outcome::interrupted));
  expect_nothing_left(2);
}

TEST_F(OwnTemporaryFolder, HasNoProcessesLeftAfterTheLauncherWasKilledAndIsEmptyAfterTheNextRun) {
  const pid_t launcher = start_hanging_run([this](Rank& rank) {
    note_process();
    static_cast<void>(rank.run(lonely_recv(rank)));
  });
  while (noted_processes().size() < 2) std::this_thread::sleep_for(milliseconds(5));
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
  for (const pid_t process : noted_processes()) EXPECT_TRUE(is_gone(process));
  ASSERT_EQ(run_directories().size(), 1U);
  run_ranks(2, [](Rank&) {});
  EXPECT_THAT(run_directories(), testing::IsEmpty());
}

TEST_F(OwnTemporaryFolder, KeepsTheDirectoryOfARunThatStillGoesOn) {
  const pid_t launcher = start_hanging_run([this](Rank& rank) {
    note_process();
    static_cast<void>(rank.run(lonely_recv(rank)));
  });
  while (noted_processes().size() < 2) std::this_thread::sleep_for(milliseconds(5));
  run_ranks(2, [](Rank&) {});
  EXPECT_EQ(run_directories().size(), 1U);
  ::kill(launcher, SIGTERM);
  ::waitpid(launcher, nullptr, 0);
  expect_nothing_left(2);
}

}  // namespace
}  // namespace gridlock
