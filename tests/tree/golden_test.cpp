#include "tests/golden.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace gridlock::golden {
namespace {

TEST(Golden, EqualTextsHaveNoDifference) { EXPECT_EQ(difference("a\nb\n", "a\nb\n"), ""); }

TEST(Golden, ADifferenceShowsBothSidesAndWhatIsAround) {
  EXPECT_EQ(difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nx\ny\ne\nf\n"),
            "from line 4:\n  b\n  c\n- d\n+ x\n+ y\n  e\n  f\n");
  EXPECT_EQ(difference("a\na\n", "a\n"), "from line 2:\n  a\n- a\n");
  EXPECT_EQ(difference("", "a\n"), "from line 1:\n+ a\n");
}

TEST(Golden, AMissingLastLineEndIsADifference) {
  EXPECT_EQ(difference("a\n", "a"), "the texts differ at their last line end only\n");
}

TEST(Golden, AFileThatDoesNotExistFailsTheTest) {
  EXPECT_FATAL_FAILURE(expect_golden("no_such_file", "a"),
                       "no_such_file does not exist: write it with ./dev golden");
}

TEST(Golden, ATextThatIsNotTheFileFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(expect_file("tests/golden.h", "a\n"), "If the code is right: ./dev golden");
}

}  // namespace
}  // namespace gridlock::golden
