#include "tests/tree/words.h"

#include <gtest/gtest.h>

namespace gridlock::tree {
namespace {

std::string findings_of(std::string text, std::string path = "docs/x.md") {
  return to_string(check_words({std::move(path), std::move(text)}));
}

TEST(Words, ThatDoNotBelongAreNowhere) {
  Findings findings;
  for (const SourceFile& file : read_source_tree()) append(findings, check_words(file));
  EXPECT_EQ(to_string(findings), "");
}

TEST(Words, PathsOfAMachineDoNotBelong) {
  EXPECT_EQ(findings_of("a\nsee /home/ada/run.log\n"), "docs/x.md:2: a path of one machine:  /home/a\n");
  EXPECT_EQ(findings_of("cat ../shared/data\n"),
            "docs/x.md:1: a path outside of the repository: ../shared\n");
  EXPECT_EQ(findings_of("scenarios/home/x.json and https://site.org/work/x and /usr/include\n"), "");
}

TEST(Words, MarksOfUnfinishedWorkDoNotBelong) {
  EXPECT_EQ(findings_of("// TODO: later\n"), "docs/x.md:1: a mark of unfinished work: TODO\n");
  EXPECT_EQ(findings_of("throw \"Not implemented\";\n"), "docs/x.md:1: unfinished work: Not implemented\n");
  EXPECT_EQ(findings_of("what is implemented, and what is left to do\n"), "");
}

TEST(Words, RecordedDataStaysAsItWasRecorded) {
  EXPECT_EQ(findings_of("File \"/root/train.py\"\n", "tests/data/dump.json"), "");
}

}  // namespace
}  // namespace gridlock::tree
