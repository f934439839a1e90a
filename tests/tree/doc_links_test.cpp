#include "tests/tree/doc_links.h"

#include <gtest/gtest.h>

namespace gridlock::tree {
namespace {

std::string findings_of(const SourceFiles& files) { return to_string(check_doc_links(files)); }

TEST(DocLinks, HoldInTheWholeTree) { EXPECT_EQ(findings_of(read_source_tree()), ""); }

TEST(DocLinks, EveryPageIsLinkedFromTheIndex) {
  const SourceFile page = {"docs/decisions/0001-x.md", "text\n"};
  EXPECT_EQ(findings_of({{"docs/README.md", "text\n"}, page}),
            "docs/decisions/0001-x.md: not linked from docs/README.md\n");
  EXPECT_EQ(findings_of({{"docs/README.md", "[x](decisions/0001-x.md)\n"}, page}), "");
}

TEST(DocLinks, EveryLinkLeadsToAFile) {
  EXPECT_EQ(findings_of({{"README.md", "\n[x](docs/x.md#part)\n"}}),
            "README.md:2: no such file: docs/x.md\n");
  EXPECT_EQ(findings_of({{"README.md", "[x](core/x.h), [y](core/), [z](#part), [w](https://w.org/a)\n"},
                         {"core/x.h", ""}}),
            "");
}

}  // namespace
}  // namespace gridlock::tree
