#include "tests/cli/binary.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

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

/// In the source folder; `prefix` is that of the files which keep what it prints.
BinaryRun run(const std::string& prefix, const std::string& program) {
  const std::string out = scratch(prefix + "out");
  const std::string err = scratch(prefix + "err");
  const std::string command =
      "cd '" GRIDLOCK_SOURCE_DIR "' && " + program + " >'" + out + "' 2>'" + err + "' </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

}  // namespace

BinaryRun run_gridlock(const std::string& arguments) { return run("", "'" GRIDLOCK_BINARY "' " + arguments); }

BinaryRun run_gridlock_for(double seconds, const std::string& signal, const std::string& arguments) {
  return run("", "timeout --preserve-status -s " + signal + " " + std::to_string(seconds) +
                     " '" GRIDLOCK_BINARY "' " + arguments);
}

BinaryRun run_dump_mpu(const std::string& arguments) {
  return run("tool_", "PYTHONDONTWRITEBYTECODE=1 python3 tools/dump_mpu.py " + arguments);
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
