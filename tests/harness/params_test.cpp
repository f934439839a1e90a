#include "harness/read/params.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/read/scenario_reader.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

constexpr const char* kMatrix = R"({
  "name": "m",
  "params": {"count": 8, "twice": "$count", "tensor": 1},
  "matrix": {"pipe": [1, 2], "tensor": [2, 4], "exclude": [{"pipe": 2, "tensor": 4}]},
  "grids": {"actor": {"recipe": "areal", "topology": {"pipe": "$pipe", "data": 1, "tensor": "$tensor"}}},
  "programs": [{"ranks": "all", "steps": [{"all_reduce": {"group": "world", "count": "$twice"}}]}]
})";

std::vector<std::string> names(const std::vector<Scenario>& scenarios) {
  std::vector<std::string> found;
  for (const Scenario& scenario : scenarios) found.push_back(scenario.name);
  return found;
}

std::int64_t first_count(const Scenario& scenario) {
  return std::get<SubmitAction>(scenario.programs[0].steps[0].action).operations[0].count.constant;
}

TEST(Params, EveryCellOfTheMatrixIsAScenarioWithItsName) {
  const ScenarioFolder folder;
  folder.write("s.json", kMatrix);
  const std::vector<Scenario> scenarios = folder.load("s.json");
  EXPECT_EQ(names(scenarios),
            (std::vector<std::string>{"m[pipe=1,tensor=2]", "m[pipe=1,tensor=4]", "m[pipe=2,tensor=2]"}));
  // Without a world its size is that of the grid: pipe x data x tensor.
  EXPECT_EQ(scenarios[0].world_size, 2);
  EXPECT_EQ(scenarios[1].world_size, 4);
  EXPECT_EQ(scenarios[2].world_size, 4);
}

TEST(Params, AParameterMayUseTheOnesBeforeItAndBeSet) {
  const ScenarioFolder folder;
  folder.write("s.json", kMatrix);
  EXPECT_EQ(first_count(folder.load("s.json")[0]), 8);
  EXPECT_EQ(first_count(folder.load("s.json", {{"params.count", "100"}})[0]), 100);
}

TEST(Params, ASettingReachesAnyValue) {
  const ScenarioFolder folder;
  folder.write("s.json", kMatrix);
  EXPECT_EQ(folder.load("s.json", {{"matrix.pipe", "[1]"}, {"matrix.exclude", "[]"}}).size(), 2u);
  EXPECT_EQ(folder.load("s.json", {{"programs.0.steps.0.all_reduce.count", "3"}})[0].programs.size(), 1u);
  EXPECT_EQ(folder.load("s.json", {{"seed", "7"}})[0].options.seed, 7u);
  EXPECT_EQ(folder.load("s.json", {{"payload", "shape"}})[0].options.payload, Payload::shape);
}

TEST(Params, AnAxisThatASettingNarrowsMayLeaveNothingToExclude) {
  const ScenarioFolder folder;
  folder.write("s.json", kMatrix);
  EXPECT_EQ(folder.load("s.json", {{"matrix.pipe", "[1]"}}).size(), 2u);
  EXPECT_EQ(folder.load("s.json", {{"matrix.pipe", "[2]"}}).size(), 1u);
}

TEST(Params, ASettingThatReachesNothingIsRefused) {
  const ScenarioFolder folder;
  folder.write("s.json", kMatrix);
  EXPECT_EQ(folder.error("s.json", {{"params.cuont", "1"}}),
            "--set params.cuont=1: there is no 'cuont' in params\n  hint: did you mean 'count'?");
  EXPECT_EQ(folder.error("s.json", {{"count", "1"}}),
            "--set count=1: 'count' is a parameter\n  hint: write --set params.count=1");
  EXPECT_EQ(folder.error("s.json", {{"programs.1.ranks", "0"}}),
            "--set programs.1.ranks=0: '1' is no index of a list of 1");
  EXPECT_EQ(folder.error("s.json", {{"sead", "1"}}),
            "--set sead=1: /sead: unknown key 'sead'\n  hint: did you mean 'seed'?");
}

TEST(Params, ASettingIsPathAndValue) {
  EXPECT_EQ(setting_from_text("a.b=c=d").path, "a.b");
  EXPECT_EQ(setting_from_text("a.b=c=d").value, "c=d");
  EXPECT_THROW(setting_from_text("a.b"), InputError);
}

std::string matrix_error(const std::string& matrix) {
  return error_for("{\"world\": {\"ranks\": 1}, \"programs\": [],\n\"matrix\": " + matrix + "}");
}

TEST(Params, AMatrixThatSaysNothingIsRefused) {
  EXPECT_EQ(matrix_error(R"({"a": []})"), "s.json:2:17: /matrix/a: the matrix axis 'a' has no values");
  EXPECT_EQ(matrix_error(R"({"exclude": []})"), "s.json:2:11: /matrix: the matrix has no axis");
  EXPECT_EQ(matrix_error(R"({"a": [1], "exclude": [{"a": 1}]})"),
            "s.json:2:33: /matrix/exclude: no cell of the matrix is left");
  EXPECT_EQ(matrix_error(R"({"a": [1], "exclude": [{"a": 2}]})"),
            "s.json:2:34: /matrix/exclude/0: this matches no cell of the matrix (any more)");
  EXPECT_EQ(matrix_error(R"({"axis": [1], "exclude": [{"axes": 1}]})"),
            "s.json:2:38: /matrix/exclude/0/axes: unknown key 'axes'\n  hint: did you mean 'axis'?");
  EXPECT_EQ(matrix_error(R"({"a": [1]})"), "");
}

TEST(Params, ANameThatIsNoParameterIsRefusedWhereNoLoopVariableCanBeMeant) {
  const auto error_with = [](const std::string& ranks) {
    return error_for(R"({"params": {"first": "$size", "size": 4}, "programs": [], "world": {"ranks": ")" +
                     ranks + "\"}}");
  };
  EXPECT_EQ(error_with("$sice"),
            "s.json:1:78: /world/ranks: there is no parameter 'sice'\n  hint: did you mean 'size'?");
  EXPECT_EQ(
      error_with("$first"),
      "s.json:1:78: /world/ranks: the parameter 'size' is used in the value of one that stands before it\n"
      "  hint: a parameter may use the parameters before it");
  EXPECT_EQ(error_with("$size"), "");
}

TEST(Params, AnErrorInOneCellNamesTheCell) {
  const ScenarioFolder folder;
  folder.write("s.json", R"({"matrix": {"rank": [0, 4]}, "world": {"ranks": 2},
"programs": [{"ranks": "$rank", "steps": []}]})");
  EXPECT_EQ(folder.error("s.json"),
            "s.json:2:24: /programs/0/ranks: rank 4 does not exist; there are 0 to 1 (in the cell [rank=4])");
}

}  // namespace
}  // namespace gridlock
