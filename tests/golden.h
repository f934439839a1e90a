#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// Whole texts (errors, reports, timelines, generated pages) are compared with files. `./dev golden` runs the
/// tests with GRIDLOCK_UPDATE_GOLDEN=1, which writes the files instead; the change is then read in `git
/// diff`.
namespace gridlock::golden {

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

/// The lines in which two texts differ, "-" expected and "+" got, between two lines of context and after the
/// number of the first one; "" when the texts are equal. What the texts share at the start and at the end is
/// left out.
inline std::string difference(const std::string& expected, const std::string& got) {
  if (expected == got) return "";
  const std::vector<std::string> old_lines = lines(expected);
  const std::vector<std::string> new_lines = lines(got);
  const auto first = std::mismatch(old_lines.begin(), old_lines.end(), new_lines.begin(), new_lines.end());
  const auto start = static_cast<std::size_t>(first.first - old_lines.begin());
  std::size_t old_end = old_lines.size();
  std::size_t new_end = new_lines.size();
  while (old_end > start && new_end > start && old_lines[old_end - 1] == new_lines[new_end - 1])
    --old_end, --new_end;
  if (start == old_end && start == new_end) return "the texts differ at their last line end only\n";

  std::string text = "from line " + std::to_string(start + 1) + ":\n";
  for (std::size_t i = start - std::min<std::size_t>(start, 2); i < start; ++i)
    text += "  " + old_lines[i] + "\n";
  for (std::size_t i = start; i < old_end; ++i) text += "- " + old_lines[i] + "\n";
  for (std::size_t i = start; i < new_end; ++i) text += "+ " + new_lines[i] + "\n";
  for (std::size_t i = old_end; i < std::min(old_lines.size(), old_end + 2); ++i)
    text += "  " + old_lines[i] + "\n";
  return text;
}

/// Compares the text with a file of the repository, named from its root (a page that a table in the code
/// generates), or writes it there.
inline void expect_file(std::string_view path, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(GRIDLOCK_SOURCE_DIR) / path;
  const char* update = std::getenv("GRIDLOCK_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return;
  }
  std::ifstream in(file, std::ios::binary);
  ASSERT_TRUE(in) << path << " does not exist: write it with ./dev golden";
  std::ostringstream expected;
  expected << in.rdbuf();
  EXPECT_EQ(difference(expected.str(), text), "")
      << path << " is not what the code prints. If the code is right: ./dev golden";
}

/// Compares the text with tests/golden/NAME, or writes it there.
inline void expect_golden(std::string_view name, const std::string& text) {
  expect_file("tests/golden/" + std::string(name), text);
}

}  // namespace gridlock::golden

namespace gridlock {
using golden::expect_golden;
}  // namespace gridlock
