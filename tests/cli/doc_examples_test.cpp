// The console blocks of hand-written pages: what stands below "$ gridlock ..." is what it prints.

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

struct DocExample {
  std::string arguments;
  std::vector<std::string> output;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The commands of the blocks that begin with ```console, each with the lines below it.
std::vector<DocExample> examples_of(const std::string& page) {
  std::vector<DocExample> examples;
  bool inside = false;
  for (const std::string& line : lines_of(page)) {
    if (line.starts_with("```")) {
      inside = line == "```console";
    } else if (inside && line.starts_with("$ gridlock ")) {
      examples.push_back({line.substr(11), {}});
    } else if (inside && !examples.empty()) {
      examples.back().output.push_back(line);
    }
  }
  return examples;
}

/// Whether the lines are the pattern, in which a line "..." stands for any lines.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& lines, std::size_t p = 0,
          std::size_t l = 0) {
  if (p == pattern.size()) return l == lines.size();
  if (pattern[p] != "...")
    return l < lines.size() && lines[l] == pattern[p] && fits(pattern, lines, p + 1, l + 1);
  for (std::size_t rest = l; rest <= lines.size(); ++rest) {
    if (fits(pattern, lines, p + 1, rest)) return true;
  }
  return false;
}

class DocExamples : public ::testing::TestWithParam<const char*> {};

TEST_P(DocExamples, PrintWhatThePageSays) {
  const std::string page = read_file(std::string(GRIDLOCK_SOURCE_DIR "/docs/") + GetParam());
  const std::vector<DocExample> examples = examples_of(page);
  EXPECT_GE(examples.size(), 2u);
  for (const DocExample& example : examples) {
    const BinaryRun run = run_gridlock(example.arguments);
    EXPECT_TRUE(fits(example.output, lines_of(run.out))) << "gridlock " << example.arguments << "\n"
                                                         << run.out << run.err;
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, DocExamples, ::testing::Values("recipes.md", "configs.md", "workloads.md"),
                         [](const auto& page) {
                           std::string name = page.param;
                           name.resize(name.find('.'));
                           return name;
                         });

TEST(DocExampleBlocks, ALineOfDotsStandsForAnyLines) {
  const std::vector<std::string> lines = {"a", "b", "c"};
  EXPECT_TRUE(fits({"a", "...", "c"}, lines));
  EXPECT_TRUE(fits({"a", "b", "...", "c", "..."}, lines));
  EXPECT_FALSE(fits({"a", "c"}, lines));
  EXPECT_FALSE(fits({"...", "b"}, lines));
}

}  // namespace
}  // namespace gridlock
