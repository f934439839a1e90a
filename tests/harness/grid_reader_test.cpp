#include "harness/read/grid_reader.h"

#include <gtest/gtest.h>

#include "core/grid/plan.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

/// `grid` stands at column 7 of line 2.
std::string with_grid(const std::string& grid, const std::string& world = R"({"ranks": 8})") {
  return "{\"world\": " + world + ", \"grids\": {\n\"g\":  " + grid + "}, \"programs\": []}";
}

TEST(GridReader, TheOrderOfTheKeysIsTheOrderOfTheAxes) {
  const Scenario scenario =
      scenario_from(with_grid(R"({"recipe": "areal", "topology": {"tensor": 2, "pipe": 1, "data": 4}})"));
  EXPECT_EQ(scenario.grids[0].plan->topology().get_axis_names(),
            (std::vector<std::string>{"tensor", "pipe", "data"}));
  EXPECT_EQ(scenario.grids[0].plan->topology().sizes(), (std::vector<RankId>{2, 1, 4}));
}

std::vector<RankId> world_ranks(const std::string& ranks) {
  const Scenario scenario = scenario_from(
      with_grid(R"({"recipe": "deepspeed", "topology": {"pipe": 2, "data": 2}, "ranks": )" + ranks + "}"));
  std::vector<RankId> found;
  for (RankId rank = 0; rank < 4; ++rank) found.push_back(scenario.grids[0].plan->mapping().to_world(rank));
  return found;
}

TEST(GridReader, AGridLiesAtAnOffsetWithAStrideOrAnywhere) {
  EXPECT_EQ(world_ranks(R"({"offset": 4})"), (std::vector<RankId>{4, 5, 6, 7}));
  EXPECT_EQ(world_ranks(R"({"offset": 1, "stride": 2})"), (std::vector<RankId>{1, 3, 5, 7}));
  EXPECT_EQ(world_ranks("[6, 0, 3, 1]"), (std::vector<RankId>{6, 0, 3, 1}));
}

TEST(GridReader, OptionsReachThePlan) {
  const Scenario scenario = scenario_from(with_grid(
      R"({"recipe": "deepspeed", "topology": {"pipe": 2, "data": 2}, "backend": "gloo", "timeout_s": 60,
"sequence_parallel": true, "max_prompt_len": 128})"));
  const GridSpec& spec = scenario.grids[0].plan->spec();
  EXPECT_EQ(spec.backend, BackendKind::gloo);
  EXPECT_EQ(spec.timeout, std::chrono::seconds(60));
  EXPECT_TRUE(spec.topology.options().sequence_parallel);
  EXPECT_EQ(spec.topology.options().max_prompt_len, 128);
}

TEST(GridReader, WithoutAWorldItIsTheSmallestThatHoldsAllGrids) {
  const std::string grids = R"({"a": {"recipe": "deepspeed", "topology": {"pipe": 2, "data": 2}},
"b": {"recipe": "deepspeed", "topology": {"pipe": 1, "data": 3}, "ranks": [9, 2, 4]}})";
  EXPECT_EQ(scenario_from("{\"grids\": " + grids + ", \"programs\": []}").world_size, 10);
  EXPECT_EQ(error_for("{\"programs\": []}"),
            "s.json:1:1: /: the size of the world is missing\n  hint: \"world\": { \"ranks\": 8 }");
}

TEST(GridReader, WhatDoesNotFitIsRefusedAtItsPlace) {
  EXPECT_EQ(error_for(with_grid(R"({"recipe": "areal", "topology": {"pipe": 0, "data": 1, "tensor": 1}})")),
            "s.json:2:48: /grids/g/topology/pipe: expected an integer from 1 to 2147483647, got 0");
  EXPECT_EQ(error_for(with_grid(R"({"recipe": "arael", "topology": {"pipe": 1, "data": 1, "tensor": 1}})")),
            "s.json:2:18: /grids/g/recipe: there is no recipe 'arael'\n  hint: did you mean 'areal'?");
  EXPECT_EQ(
      error_for(with_grid(R"({"recipe": "deepspeed", "topology": {"pipe": 2, "data": 2}, "ranks": [0, 1]})")),
      "s.json:2:76: /grids/g/ranks: expected 4 ranks, one for each place of the topology, got 2");
  EXPECT_EQ(
      error_for(with_grid(R"({"recipe": "deepspeed", "topology": {"pipe": 2}, "dataa": 1})")),
      "s.json:2:56: /grids/g/dataa: unknown key 'dataa'\n"
      "  hint: known: recipe, topology, views, ranks, backend, gloo_twins, timeout_s, sequence_parallel, "
      "gradient_checkpointing, gradient_accumulation_fusion, max_prompt_len, model");
}

TEST(GridReader, WhatTheCoreRefusesIsReportedWithFileAndLine) {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find(": /")); };
  const std::string too_large = R"({"recipe": "deepspeed", "topology": {"pipe": 4, "data": 4}})";
  EXPECT_EQ(first_line(error_for(with_grid(too_large))), "s.json:2:7");
  const std::string doubled =
      R"({"recipe": "deepspeed", "topology": {"pipe": 1, "data": 2}, "ranks": [3, 3]})";
  EXPECT_EQ(first_line(error_for(with_grid(doubled))), "s.json:2:76");
  const std::string no_data = R"({"recipe": "deepspeed", "topology": {"pipe": 2}})";
  EXPECT_EQ(first_line(error_for(with_grid(no_data))), "s.json:2:7");
}

TEST(GridReader, AMillionRanksTakeNoMoreRoomThanEight) {
  const auto text = [](int data) {
    return R"({"grids": {"g": {"recipe": "areal", "topology": {"pipe": 16, "data": )" + std::to_string(data) +
           R"(, "tensor": 8}}}, "programs": [{"ranks": {"grid": "g", "pipe": "0-14"}, "steps": [
{"all_reduce": {"group": "g.tensor", "count": {"by": "g.pipe", "values": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}}}]}]})";
  };
  const Scenario large = scenario_from(text(8192));
  const Scenario small = scenario_from(text(1));
  EXPECT_EQ(large.world_size, 1'048'576);
  EXPECT_EQ(large.programs[0].ranks, small.programs[0].ranks);
  EXPECT_EQ(large.plain.size() - small.plain.size(), std::string("8192").size() - 1);
}

}  // namespace
}  // namespace gridlock
