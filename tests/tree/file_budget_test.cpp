#include "tests/tree/file_budget.h"

#include <gtest/gtest.h>

namespace gridlock::tree {
namespace {

SourceFile file_of(std::string path, int lines) {
  return {std::move(path), std::string(static_cast<std::size_t>(lines), '\n')};
}

std::string findings_of(const SourceFiles& files) { return to_string(check_file_budget(files)); }

TEST(FileBudget, HoldsInTheWholeTree) { EXPECT_EQ(findings_of(read_source_tree()), ""); }

TEST(FileBudget, NoFileIsAboveTheLimit) {
  EXPECT_EQ(findings_of({file_of("tests/x.cpp", 451)}), "tests/x.cpp:451: longer than 450 lines\n");
  EXPECT_EQ(findings_of({file_of("tests/x.cpp", 450), file_of("tests/data.json", 9000)}), "");
}

TEST(FileBudget, TheMedianFileIsShort) {
  EXPECT_EQ(findings_of({file_of("core/x.cpp", 10), file_of("core/y.cpp", 131), file_of("core/z.cpp", 200)}),
            "product: median file has 131 lines\n");
  EXPECT_EQ(findings_of({file_of("core/x.cpp", 10), file_of("core/y.cpp", 130), file_of("core/z.cpp", 200)}),
            "");
}

TEST(FileBudget, NineFilesInTenAreUnderThreeHundredLines) {
  SourceFiles files(9, file_of("core/x.cpp", 50));
  files.push_back(file_of("core/y.cpp", 400));
  EXPECT_EQ(findings_of(files), "");
  files[0] = file_of("core/z.cpp", 301);
  EXPECT_EQ(findings_of(files), "product: nine files in ten have up to 301 lines\n");
}

}  // namespace
}  // namespace gridlock::tree
