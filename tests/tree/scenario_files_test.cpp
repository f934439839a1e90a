#include "tests/tree/scenario_files.h"

#include <gtest/gtest.h>

namespace gridlock::tree {
namespace {

std::string findings_of(const SourceFiles& files) { return to_string(check_scenario_files(files)); }

TEST(ScenarioFiles, EachHasANameOfItsOwn) { EXPECT_EQ(findings_of(read_source_tree()), ""); }

TEST(ScenarioFiles, AFileWithoutANameIsFound) {
  EXPECT_EQ(findings_of({{"scenarios/x.json", "{ \"world\": {} }"}}), "scenarios/x.json: no \"name\"\n");
  EXPECT_EQ(findings_of({{"scenarios/x.json", "{ // why\n \"name\": \"x\" }"}}), "");
  EXPECT_EQ(findings_of({{"scenarios/schema/x.json", "{}"}}), "");
}

TEST(ScenarioFiles, TwoFilesOfOneNameAreFound) {
  EXPECT_EQ(
      findings_of({{"scenarios/x.json", "{\"name\": \"x\"}"}, {"scenarios/y.json", "{\"name\": \"x\"}"}}),
      "scenarios/y.json: has the name of scenarios/x.json\n");
}

TEST(ScenarioFiles, WhatNobodyWouldRunIsFound) {
  EXPECT_EQ(findings_of({{"scenarios/x.json", "{"}, {"scenarios/y.yaml", "name: y"}}),
            "scenarios/x.json: no scenario: not JSON\nscenarios/y.yaml: no scenario: not a .json file\n");
}

}  // namespace
}  // namespace gridlock::tree
