#include "tests/tree/source_file.h"

#include <gtest/gtest.h>

namespace gridlock::tree {
namespace {

TEST(SourceFile, CommentsAndLiteralsAreNotCode) {
  EXPECT_EQ(code_only("a; // b\nc"), "a;     \nc");
  EXPECT_EQ(code_only("a /* b\nc */ d"), "a     \n     d");
  EXPECT_EQ(code_only(R"(f("x\"y", 'z');)"), "f(      ,    );");
  EXPECT_EQ(code_only("f(R\"(a\"\nb)\");"), "f(     \n   );");
}

TEST(SourceFile, DigitSeparatorsAndSlashesInLiteralsAreLeftAlone) {
  EXPECT_EQ(code_only("x = 1'000'000; y"), "x = 1'000'000; y");
  EXPECT_EQ(code_only("f(\"// no comment\"); y"), "f(               ); y");
}

TEST(SourceFile, AnUnfinishedLiteralEndsWithItsLine) {
  EXPECT_EQ(code_only("#error don't\nx"), "#error don't\nx");
}

TEST(SourceFile, TheTreeIsReadWithoutBuildOutput) {
  const SourceFiles files = read_source_tree();
  const auto has = [&](std::string_view path) {
    return std::any_of(files.begin(), files.end(), [&](const SourceFile& file) { return file.path == path; });
  };
  EXPECT_TRUE(has("core/base/units.h"));
  EXPECT_TRUE(has("tests/tree/source_file_test.cpp"));
  for (const SourceFile& file : files) EXPECT_FALSE(file.path.starts_with("build/")) << file.path;
}

TEST(SourceFile, OnlyTheProductFoldersHoldTheProduct) {
  const SourceFiles files = {
      {"core/base/axis.h", ""}, {"core/CMakeLists.txt", ""}, {"tests/core/axis_test.cpp", ""}};
  const SourceFiles product = product_sources(files);
  ASSERT_EQ(product.size(), 1u);
  EXPECT_EQ(product[0].path, "core/base/axis.h");
  EXPECT_EQ(product[0].folder(), "core");
}

}  // namespace
}  // namespace gridlock::tree
