#pragma once

#include <string>

namespace gridlock {

struct BinaryRun {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs the gridlock binary with arguments as a shell would take them, in the source folder.
BinaryRun run_gridlock(const std::string& arguments);

/// The same, and sends it a signal as soon as it catches that signal.
BinaryRun interrupt_gridlock(int signal, const std::string& arguments);

/// Runs tools/dump_mpu.py, in the source folder too.
BinaryRun run_dump_mpu(const std::string& arguments);

/// A file in the test's temporary folder with this text; its path.
std::string temporary_file(const std::string& name, const std::string& text);
std::string read_file(const std::string& path);

}  // namespace gridlock
