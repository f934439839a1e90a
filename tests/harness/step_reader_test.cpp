#include "harness/read/step_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

struct ErrorCase {
  const char* step;
  const char* error;
};

/// Steps stand on line 2 of the file, so the columns are those of the step's own text.
void expect_errors(std::initializer_list<ErrorCase> cases) {
  for (const ErrorCase& row : cases) {
    const std::string expected = *row.error == '\0' ? "" : "s.json:2:" + std::string(row.error);
    EXPECT_EQ(error_for(with_steps(row.step)), expected) << row.step;
  }
}

TEST(StepReader, AMistypedKeyIsNamedWithItsPlaceAndTheNearestKey) {
  EXPECT_EQ(error_for(with_steps(R"({"barrier": {"group": "world"}},
{"all_reduce": {"group": "world", "cuont": 4}})")),
            "s.json:3:35: /programs/0/steps/1/all_reduce/cuont: unknown key 'cuont'\n"
            "  hint: did you mean 'count'?");
}

TEST(StepReader, AStepHasExactlyOneAction) {
  expect_errors({
      {R"({"al_reduce": {}})",
       "2: /programs/0/steps/0/al_reduce: unknown key 'al_reduce'\n  hint: did you mean 'all_reduce'?"},
      {R"({"post": "a", "await": "b"})",
       "15: /programs/0/steps/0/await: a step has one action, and this one has 'post' already"},
      {R"({"post": "a", "steps": []})", "15: /programs/0/steps/0/steps: 'steps' cannot stand beside 'post'"},
      {R"({"compute": 1, "wait": true})",
       "16: /programs/0/steps/0/wait: 'wait' cannot stand beside 'compute'"},
      {R"({"post": "a", "label": "x", "only": 0})", ""},
      {R"(4)", "1: /programs/0/steps/0: expected an object, got the number 4"},
  });
}

TEST(StepReader, NamesThatNobodyIntroducesAreRefused) {
  expect_errors({
      {R"({"barrier": {"group": "actor.tenser"}})",
       "23: /programs/0/steps/0/barrier/group: there is no group 'actor.tenser'\n"
       "  hint: did you mean 'actor.tensor'?"},
      {R"({"create_grid": "acter"})",
       "17: /programs/0/steps/0/create_grid: there is no grid 'acter'\n  hint: did you mean 'actor'?"},
      {R"({"barrier": {"group": "world"}, "as": "first"}, {"wait": "frist"})",
       "58: /programs/0/steps/1/wait: there is no ticket 'frist'\n  hint: did you mean 'first'?"},
      {R"({"fill": {"buffer": "x", "count": 1}}, {"send": {"group": "world", "to": 0, "count": 1, "input": "y"}})",
       "98: /programs/0/steps/1/send/input: there is no buffer 'y'\n  hint: did you mean 'x'?"},
  });
}

TEST(StepReader, NamesMayBeUsedBeforeTheStepThatIntroducesThem) {
  expect_errors({
      {R"({"barrier": {"group": "g"}}, {"new_group": {"name": "g", "ranks": [0, 1]}})", ""},
      {R"({"wait": "t"}, {"repeat": 2, "steps": [{"barrier": {"group": "world"}, "as": "t"}]})", ""},
  });
}

TEST(StepReader, WordsOfTheTablesAreChecked) {
  expect_errors({
      {R"({"all_reduce": {"group": "world", "count": 1, "dtype": "bfloat61"}})",
       "56: /programs/0/steps/0/all_reduce/dtype: there is no dtype 'bfloat61'\n"
       "  hint: did you mean 'bfloat16'?"},
      {R"({"all_reduce": {"group": "world", "count": 1, "op": "average"}})",
       "53: /programs/0/steps/0/all_reduce/op: there is no reduce operation 'average'\n"
       "  hint: known: sum, prod, max, min, avg, premul_sum"},
      {R"({"all_gather": {"group": "world", "count": 1, "op": "sum"}})",
       "47: /programs/0/steps/0/all_gather/op: unknown key 'op'\n"
       "  hint: known: group, stream, device, count, dtype, content, input, output, in_place"},
  });
}

TEST(StepReader, WhatAnOperationNeedsMustBeThere) {
  expect_errors({
      {R"({"all_reduce": {"group": "world"}})",
       "16: /programs/0/steps/0/all_reduce: the key 'count' is missing"},
      {R"({"broadcast": {"group": "world", "count": 1}})",
       "15: /programs/0/steps/0/broadcast: the key 'root' is missing\n  hint: one of: root, root_rank"},
      {R"({"send": {"group": "world", "count": 1, "to": 1, "to_rank": 1}})",
       "50: /programs/0/steps/0/send/to_rank: 'to' and 'to_rank' say the same; give one"},
      {R"({"send": {"group": "world", "count": 1, "to_stage": 1}})",
       "53: /programs/0/steps/0/send/to_stage: a stage needs a group of a grid with the axis 'pipe'"},
  });
}

TEST(StepReader, NamedBuffersComeInPairsWhereTheOperationNeedsBoth) {
  expect_errors({
      {R"({"fill": {"buffer": "x", "count": 1}}, {"all_reduce": {"group": "world", "count": 1, "input": "x"}})",
       "86: /programs/0/steps/1/all_reduce/input: 'input' without 'output'\n"
       "  hint: name both buffers, or none of them: then the rank makes and checks its own"},
      {R"({"all_gather": {"group": "world", "count": 1, "output": "y"}})",
       "47: /programs/0/steps/0/all_gather/output: 'output' without 'input'\n"
       "  hint: name both buffers, or none of them: then the rank makes and checks its own"},
      {R"({"fill": {"buffer": "x", "count": 1}}, {"reduce": {"group": "world", "root": 0, "count": 1, "input": "x"}})",
       ""},
  });
}

TEST(StepReader, NumbersAreCheckedAgainstWhatTheyCount) {
  expect_errors({
      {R"({"all_reduce": {"group": "world", "count": -1}})",
       "44: /programs/0/steps/0/all_reduce/count: expected at least 0, got -1"},
      {R"({"broadcast": {"group": "actor.tensor", "count": 1, "root": 2}})",
       "61: /programs/0/steps/0/broadcast/root: expected at most 1, got 2\n"
       "  hint: 'root' counts inside the group; 'root_rank' takes a rank of the world"},
      {R"({"repeat": -1, "steps": []})", "12: /programs/0/steps/0/repeat: expected at least 0, got -1"},
      {R"({"all_to_all_v": {"group": "actor.tensor", "counts": [1, 2]}})",
       "54: /programs/0/steps/0/all_to_all_v/counts: expected 4 counts, what goes to each member and then "
       "what comes from each, got 2"},
      {R"({"all_gather_v": {"group": "actor.tensor", "counts": [1, 2]}})", ""},
  });
}

TEST(StepReader, ALoopVariableHasANameOfItsOwn) {
  expect_errors({
      {R"({"repeat": 2, "as": "m", "steps": [{"repeat": 2, "as": "m", "steps": []}]})",
       "56: /programs/0/steps/0/steps/0/as: a loop around this one has the variable 'm' already"},
      {R"({"repeat": 2, "as": "m", "steps": []}, {"repeat": 2, "as": "m", "steps": []})", ""},
      {R"({"repeat": 2, "as": "2m", "steps": []})",
       "21: /programs/0/steps/0/as: '2m' is no name\n  hint: a letter or '_', then letters, digits, '_' and "
       "'-'"},
  });
}

TEST(StepReader, ABatchHoldsOperationsOnly) {
  expect_errors({
      {R"({"batch": [{"compute": 1}]})",
       "13: /programs/0/steps/0/batch/0/compute: 'compute' cannot stand in a batch\n"
       "  hint: operations with only, except and times; label, as and wait belong to the batch"},
      {R"({"batch": []})", "11: /programs/0/steps/0/batch: the batch is empty"},
      {R"({"batch": [{"barrier": {"group": "world"}, "times": 3}]})", ""},
      {R"({"batch": [{"barrier": {"group": "world"}, "times": 5000}]})",
       "53: /programs/0/steps/0/batch/0/times: expected at most 4096, got 5000"},
      {R"({"barrier": {"group": "world"}, "times": 3})",
       "33: /programs/0/steps/0/times: 'times' cannot stand beside 'barrier'"},
  });
}

TEST(StepReader, AnOperationWaitsUnlessItHasATicket) {
  const Scenario scenario = scenario_from(with_steps(R"({"barrier": {"group": "world"}},
{"barrier": {"group": "world"}, "as": "t"},
{"barrier": {"group": "world"}, "as": "t", "wait": true},
{"barrier": {"group": "world"}, "wait": false})"));
  std::vector<bool> waits;
  for (const Step& step : scenario.programs[0].steps)
    waits.push_back(std::get<SubmitAction>(step.action).wait);
  EXPECT_EQ(waits, (std::vector<bool>{true, false, true, false}));
}

TEST(StepReader, LabelsNameTheInnermostLoopsThatAreShown) {
  const Scenario scenario = scenario_from(with_steps(
      R"({"repeat": 2, "as": "epoch", "steps": [{"repeat": 2, "as": "step", "steps": [{"repeat": 2, "as": "m", "steps": [{"repeat": 2, "as": "_turn", "steps": [
{"repeat": 2, "as": "layer", "steps": [{"repeat": 2, "steps": [{"post": "a", "label": "here"}]}]}]}]}]}]})"));
  const Step* step = &scenario.programs[0].steps[0];
  while (const auto* repeat = std::get_if<RepeatAction>(&step->action)) step = &repeat->steps[0];
  EXPECT_EQ(step->site.text, "here");
  EXPECT_THAT(step->site.loops, ::testing::ElementsAre("layer", "m", "step"));
  EXPECT_THAT(step->loops, ::testing::ElementsAre(4, 2, 1));
  EXPECT_TRUE(step->site.place.ends_with("s.json:3")) << step->site.place;
  EXPECT_EQ(scenario.loop_depth_max, 6);
}

}  // namespace
}  // namespace gridlock
