#include "harness/read/extends.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

struct MergeCase {
  const char* original;
  const char* patch;
  const char* result;
};

// RFC 7386, appendix A. The rows with a target that is no object are part of it.
constexpr MergeCase kRfcCases[] = {
    {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
    {R"({"a":"b"})", R"({"a":null})", R"({})"},
    {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
    {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
    {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
    {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
    {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
    {R"({"a":"foo"})", R"(null)", R"(null)"},
    {R"({"a":"foo"})", R"("bar")", R"("bar")"},
    {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
    {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
    {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
};

TEST(Extends, MergesAsTheExamplesOfTheStandard) {
  for (const MergeCase& row : kRfcCases) {
    JsonNode target = parse_json(row.original, "a.json");
    merge_patch(target, parse_json(row.patch, "b.json"));
    EXPECT_EQ(target, parse_json(row.result, "c.json")) << row.original << " + " << row.patch;
  }
}

TEST(Extends, KeysOfTheBaseKeepTheirOrderSoThatAxesDo) {
  JsonNode target = parse_json(R"({"pipe":1,"data":2})", "a.json");
  merge_patch(target, parse_json(R"({"tensor":4,"pipe":8})", "b.json"));
  EXPECT_EQ(write_json(target, 200), "{\n  \"pipe\": 8,\n  \"data\": 2,\n  \"tensor\": 4\n}\n");
}

constexpr const char* kBase = R"({
  "world": {"ranks": 4},
  "programs": [{"ranks": "all", "steps": [{"barrier": {"group": "world"}}]}]
})";

TEST(Extends, AChainOfFilesInSeveralFoldersBecomesOneScenario) {
  const ScenarioFolder folder;
  folder.write("base.json", kBase);
  folder.write("more/middle.json", R"({"extends": "../base.json", "seed": 5, "name": "middle"})");
  folder.write("top.json",
               R"({"extends": "more/middle.json", "world": {"ranks_per_node": 2}, "name": "top"})");
  const Scenario scenario = folder.load("top.json").at(0);
  EXPECT_EQ(scenario.name, "top");
  EXPECT_EQ(scenario.world_size, 4);
  EXPECT_EQ(scenario.ranks_per_node, 2);
  EXPECT_EQ(scenario.options.seed, 5u);
}

TEST(Extends, AnErrorNamesTheFileInWhichTheValueStands) {
  const ScenarioFolder folder;
  folder.write("base.json", kBase);
  folder.write("middle.json", "{\"extends\": \"base.json\",\n \"world\": {\"ranks\": 0}}");
  folder.write("top.json", R"({"extends": "middle.json", "seed": 1})");
  EXPECT_EQ(folder.error("top.json"),
            "middle.json:2:21: /world/ranks: expected an integer from 1 to 16777216, got 0");
  folder.write("middle.json", R"({"extends": "base.json", "programs": [{"ranks": 9, "steps": []}]})");
  EXPECT_EQ(folder.error("top.json"),
            "middle.json:1:49: /programs/0/ranks: rank 9 does not exist; there are 0 to 3");
}

TEST(Extends, ACycleIsRefusedAndShown) {
  const ScenarioFolder folder;
  folder.write("a.json", R"({"extends": "b.json"})");
  folder.write("b.json", R"({"extends": "c.json"})");
  folder.write("c.json", R"({"extends": "b.json"})");
  EXPECT_EQ(
      folder.error("a.json"),
      "c.json:1:13: /extends: the chain of extends comes back to where it was: b.json -> c.json -> b.json");
}

TEST(Extends, AMissingBaseIsNamed) {
  const ScenarioFolder folder;
  folder.write("a.json", R"({"extends": "nowhere.json"})");
  EXPECT_EQ(folder.error("a.json"),
            "a.json:1:13: /extends: there is no file nowhere.json\n"
            "  hint: the path is relative to the file that extends");
  EXPECT_EQ(folder.error("b.json"), "b.json: the file cannot be read");
}

}  // namespace
}  // namespace gridlock
