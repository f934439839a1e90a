#include "tests/tree/include_arrows.h"

#include <gtest/gtest.h>

namespace gridlock::tree {
namespace {

std::string findings_of(std::string path, std::string text) {
  return to_string(check_includes({std::move(path), std::move(text)}));
}

TEST(IncludeArrows, HoldInTheWholeTree) {
  const SourceFiles files = read_source_tree();
  Findings findings = check_folders(files);
  for (const SourceFile& file : files) append(findings, check_includes(file));
  EXPECT_EQ(to_string(findings), "");
}

TEST(IncludeArrows, AWorldMustNotIncludeTheHarnessOrAnotherWorld) {
  EXPECT_EQ(findings_of("sim/x.cpp", "#include \"sim/x.h\"\n#include \"harness/y.h\"\n"),
            "sim/x.cpp:2: sim must not include harness (harness/y.h)\n");
  EXPECT_EQ(findings_of("gloo_backend/x.h", "#include \"sim/y.h\"\n"),
            "gloo_backend/x.h:1: gloo_backend must not include sim (sim/y.h)\n");
  EXPECT_EQ(findings_of("cli/x.cpp", "#include \"harness/y.h\"\n#include \"sim/y.h\"\n"), "");
}

TEST(IncludeArrows, CoreKeepsThirdPartyLibrariesOutOfItsHeaders) {
  EXPECT_EQ(findings_of("core/x.h", "#include <fmt/format.h>\n"),
            "core/x.h:1: <fmt/format.h> does not belong in the headers of core\n");
  EXPECT_EQ(findings_of("core/x.cpp", "#include <fmt/format.h>\n#include <xxhash.h>\n#include <vector>\n"),
            "");
}

TEST(IncludeArrows, EachLibraryBelongsToItsFolder) {
  EXPECT_EQ(findings_of("harness/x.cpp", "#  include <boost/fiber/fiber.hpp>  // why\n"),
            "harness/x.cpp:1: <boost/fiber/fiber.hpp> does not belong in the sources of harness\n");
  EXPECT_EQ(findings_of("sim/x.cpp", "#include <nlohmann/json.hpp>\n"),
            "sim/x.cpp:1: <nlohmann/json.hpp> does not belong in the sources of sim\n");
  EXPECT_EQ(findings_of("core/x.cpp", "#include <unistd.h>\n"),
            "core/x.cpp:1: <unistd.h> does not belong in the sources of core\n");
  EXPECT_EQ(findings_of("sim/fiber.cpp", "#include <boost/fiber/fiber.hpp>\n"), "");
  EXPECT_EQ(findings_of("gloo_backend/x.cpp", "#include <gloo/context.h>\n#include <unistd.h>\n"), "");
}

TEST(IncludeArrows, OurOwnFilesAreNamedFromTheRoot) {
  EXPECT_EQ(findings_of("core/x.cpp", "#include \"x.h\"\n"),
            "core/x.cpp:1: \"x.h\" is no path from the root\n");
  EXPECT_EQ(findings_of("core/x.cpp", "#include \"../core/x.h\"\n"),
            "core/x.cpp:1: \"../core/x.h\" is no path from the root\n");
}

TEST(IncludeArrows, ANewFolderNeedsARow) {
  EXPECT_EQ(to_string(check_folders({{"extras/x.cpp", ""}, {"core/x.cpp", ""}, {"docs/x.md", ""}})),
            "extras: no row in the table of include arrows\n");
}

}  // namespace
}  // namespace gridlock::tree
