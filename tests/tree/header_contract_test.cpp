#include "tests/tree/header_contract.h"

#include <gtest/gtest.h>

namespace gridlock::tree {
namespace {

std::string findings_of(std::string text, std::string path = "core/x.h") {
  return to_string(check_header({std::move(path), std::move(text)}));
}

const std::string kStart = "#pragma once\n\nnamespace gridlock {\n\n";

TEST(HeaderContract, HoldsInTheWholeTree) {
  Findings findings;
  for (const SourceFile& file : read_source_tree()) append(findings, check_header(file));
  EXPECT_EQ(to_string(findings), "");
}

TEST(HeaderContract, EveryHeaderStartsWithPragmaOnce) {
  EXPECT_EQ(findings_of("// x\n#pragma once\n", "sim/x.h"), "sim/x.h:1: does not start with #pragma once\n");
  EXPECT_EQ(findings_of("#pragma once\n", "sim/x.h"), "");
  EXPECT_EQ(findings_of("int x;\n", "sim/x.cpp"), "");
}

TEST(HeaderContract, ATypeOfCoreSaysWhatItIs) {
  EXPECT_EQ(findings_of(kStart + "struct Axis {\n  int size;\n};\n"),
            "core/x.h:5: no /// comment: struct Axis {\n");
  EXPECT_EQ(findings_of(kStart + "/// One axis.\nstruct Axis {\n  int size;\n};\n"), "");
  EXPECT_EQ(findings_of(kStart + "class Plan;\nenum class Kind : int;\n"), "");
  EXPECT_EQ(findings_of(kStart + "struct Axis {\n};\n", "sim/x.h"), "");
}

TEST(HeaderContract, AFunctionOfCoreSaysWhatItDoes) {
  EXPECT_EQ(findings_of(kStart +
                        "/// All ranks.\nint first();\nint last(int a,\n         int b);\n\nint next();\n"),
            "core/x.h:10: no /// comment: int next();\n");
  EXPECT_EQ(findings_of(kStart + "std::string_view kind_name(Kind kind);\n"), "");
  EXPECT_EQ(findings_of(kStart + "inline constexpr int kMax = int(3);\n"), "");
}

TEST(HeaderContract, WhatIsInsideATypeOrAMacroIsNotAtNamespaceLevel) {
  EXPECT_EQ(findings_of(kStart +
                        "/// One axis.\nstruct Axis {\n\n  int size() const;\n\n  int f() { return 1; }\n};\n"
                        "#define X(a) \\\n  f(a)\n"),
            "");
}

}  // namespace
}  // namespace gridlock::tree
