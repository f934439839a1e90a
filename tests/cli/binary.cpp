#include "tests/cli/binary.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace gridlock {
namespace {

// One file per test process: ctest runs tests of this suite side by side.
std::string scratch(const std::string& name) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string file = std::string("gridlock_") + test->test_suite_name() + "_" + test->name() + "_" + name;
  // Names of tests with a parameter have a '/'.
  std::replace(file.begin(), file.end(), '/', '_');
  return ::testing::TempDir() + file;
}

/// In the source folder; `prefix` is that of the files which keep what it prints. `meanwhile` gets its
/// process.
BinaryRun run(const std::string& prefix, const std::string& program,
              const std::function<void(pid_t)>& meanwhile = {}) {
  const std::string out = scratch(prefix + "out");
  const std::string err = scratch(prefix + "err");
  const std::string command =
      "cd '" GRIDLOCK_SOURCE_DIR "' && exec " + program + " >'" + out + "' 2>'" + err + "' </dev/null";
  const pid_t process = ::fork();
  if (process == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  if (meanwhile) meanwhile(process);
  int status = 0;
  ::waitpid(process, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

/// Whether the process is gridlock and has a handler for the signal. Also true once it has ended.
bool catches(pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("Name:") && line != "Name:\tgridlock") return false;
    if (line.starts_with("State:\tZ")) return true;
    if (!line.starts_with("SigCgt:")) continue;
    return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  }
  return true;
}

}  // namespace

BinaryRun run_gridlock(const std::string& arguments) { return run("", "'" GRIDLOCK_BINARY "' " + arguments); }

BinaryRun interrupt_gridlock(int signal, const std::string& arguments) {
  return run("", "'" GRIDLOCK_BINARY "' " + arguments, [signal](pid_t process) {
    while (!catches(process, signal)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ::kill(process, signal);
  });
}

BinaryRun run_dump_mpu(const std::string& arguments) {
  return run("tool_", "env PYTHONDONTWRITEBYTECODE=1 python3 tools/dump_mpu.py " + arguments);
}

std::string temporary_file(const std::string& name, const std::string& text) {
  const std::string path = scratch(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace gridlock
