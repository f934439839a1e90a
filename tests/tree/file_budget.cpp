#include "tests/tree/file_budget.h"

#include <algorithm>

namespace gridlock::tree {
namespace {

int line_count(const SourceFile& file) {
  return static_cast<int>(std::count(file.text.begin(), file.text.end(), '\n'));
}

}  // namespace

Findings check_file_budget(const SourceFiles& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    if (file.is_cpp() && line_count(file) > kLinesMax) {
      findings.push_back(
          {file.path, line_count(file), "longer than " + std::to_string(kLinesMax) + " lines"});
    }
  }
  std::vector<int> counts;
  for (const SourceFile& file : product_sources(files)) counts.push_back(line_count(file));
  if (counts.empty()) return findings;
  std::sort(counts.begin(), counts.end());
  const int median = counts[counts.size() / 2];
  const int ninth_tenth = counts[(counts.size() - 1) * 9 / 10];
  if (median > kLinesMedianMax)
    findings.push_back({"product", 0, "median file has " + std::to_string(median) + " lines"});
  if (ninth_tenth > kLinesOfNineInTen) {
    findings.push_back(
        {"product", 0, "nine files in ten have up to " + std::to_string(ninth_tenth) + " lines"});
  }
  return findings;
}

}  // namespace gridlock::tree
