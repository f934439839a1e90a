#include "harness/read/number_reader.h"

#include <gtest/gtest.h>

#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

/// Virtual time of a compute step, or the text of the error at the value (which starts at 2:13).
std::string compute(const std::string& value) {
  const std::string text = with_steps("{\"compute\": " + value + "}");
  const std::string error = error_for(text);
  if (!error.empty()) return error.substr(error.find(": ", error.find("compute")) + 2);
  return std::to_string(
      std::get<ComputeAction>(scenario_from(text).programs[0].steps[0].action).duration_ns.constant);
}

TEST(NumberReader, DurationsAreWholeNanoseconds) {
  EXPECT_EQ(compute("7"), "7");
  EXPECT_EQ(compute("\"5ms\""), "5000000");
  EXPECT_EQ(compute("\"1.5us\""), "1500");
  EXPECT_EQ(compute("\"0.001us\""), "1");
  EXPECT_EQ(compute("\"2s\""), "2000000000");
  EXPECT_EQ(compute("\"1.50ns\""), "'1.50ns' is no whole number of nanoseconds");
  EXPECT_EQ(compute("\"1.0ns\""), "1");
}

TEST(NumberReader, WhatIsNoDurationIsRefused) {
  const std::string hint = "\n  hint: nanoseconds, or a number with ns, us, ms or s: \"5ms\"";
  for (const char* text : {"5", "ms", "5m", "5 ms", ".5ms", "5.ms", "1.2.3s", "-1s", ""}) {
    EXPECT_EQ(compute("\"" + std::string(text) + "\""), "'" + std::string(text) + "' is no duration" + hint);
  }
  EXPECT_EQ(compute("\"99999999999999s\""), "the duration '99999999999999s' is too long");
}

Number count_of(const Scenario& scenario) {
  const Step* step = &scenario.programs[0].steps[0];
  while (const auto* repeat = std::get_if<RepeatAction>(&step->action)) step = &repeat->steps[0];
  return std::get<SubmitAction>(step->action).operations[0].count;
}

TEST(NumberReader, ASumAddsConstantsLoopVariablesAndTables) {
  const Number count = count_of(scenario_from(with_steps(
      R"({"repeat": 4, "as": "a", "steps": [{"repeat": 4, "as": "b", "steps": [{"all_reduce": {"group": "world",
"count": {"sum": [1, "$b", {"by": "actor.data", "values": [10, 20]}, {"sum": ["$a", "$b", 100]}]}}}]}]})")));
  for (const std::int64_t a : {0, 3}) {
    for (const std::int64_t b : {0, 2}) {
      for (const RankId data : {0, 1}) {
        const auto loop = [&](LoopDepth depth) { return depth == 0 ? a : b; };
        const auto index = [&](const AxisRef& axis) { return axis == AxisRef{0, 1} ? data : -1; };
        EXPECT_EQ(count.evaluate(loop, index), 1 + b + (data == 0 ? 10 : 20) + a + b + 100);
      }
    }
  }
}

TEST(NumberReader, ATableHasOneValuePerIndexOnItsAxis) {
  EXPECT_EQ(compute(R"({"by": "actor.pipe", "values": [1, 2, 3]})"),
            "expected 2 values, one for each index on 'actor.pipe', got 3");
  EXPECT_EQ(compute(R"({"by": "rank", "values": [1]})"),
            "expected 8 values, one for each index on 'rank', got 1");
  EXPECT_EQ(compute(R"({"by": "actor.pip", "values": [1, 2]})"),
            "there is no axis 'actor.pip'\n  hint: did you mean 'actor.pipe'?");
  EXPECT_EQ(compute(R"({"by": "actor.pipe", "values": ["1ms", -1]})"),
            "expected an integer from 0 to 922337203685477580, got -1");
}

TEST(NumberReader, AnUnknownVariableIsNamed) {
  EXPECT_EQ(compute("\"$m\""), "there is no parameter or loop variable 'm'");
  EXPECT_EQ(error_for(with_steps(R"({"repeat": 2, "as": "mb", "steps": [{"compute": "$bm"}]})")),
            "s.json:2:49: /programs/0/steps/0/steps/0/compute: there is no parameter or loop variable 'bm'\n"
            "  hint: did you mean 'mb'?");
}

/// A grid on ranks 2 and 3 of 4, with a table over one of its axes in a program of `ranks`.
std::string table_error(const std::string& ranks, const std::string& step_guard = "") {
  return error_for(
      R"({"world": {"ranks": 4}, "grids": {"g": {"recipe": "deepspeed", "topology": {"pipe": 2, "data": 1},
"ranks": {"offset": 2}}}, "programs": [{"ranks": )" +
      ranks + R"(, "steps": [
{"compute": {"by": "g.pipe", "values": [1, 2]})" +
      step_guard + "}]}]}");
}

TEST(NumberReader, ATableIsRefusedWhereRanksOutsideItsGridCome) {
  const std::string refused =
      "s.json:3:20: /programs/0/steps/0/compute/by: ranks outside grid 'g' come here and have no place on "
      "'g.pipe'\n  hint: select the members: \"only\": {\"grid\": \"g\"}";
  EXPECT_EQ(table_error("\"all\""), refused);
  EXPECT_EQ(table_error("[1, 2]"), refused);
  EXPECT_EQ(table_error("\"2-3\""), "");
  EXPECT_EQ(table_error("{\"grid\": \"g\"}"), "");
  EXPECT_EQ(table_error("{\"grid\": \"g\", \"pipe\": 1}"), "");
  EXPECT_EQ(table_error("\"all\"", R"(, "only": {"g.pipe": 0})"), "");
  EXPECT_EQ(table_error("\"all\"", R"(, "except": {"g.pipe": 0})"), refused);
}

}  // namespace
}  // namespace gridlock
