#include "harness/report/plan_drawing.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

Scenario drawn(const std::string& ranks, const std::string& per_node, const std::string& data) {
  return scenario_from(R"({"world": {"ranks": )" + ranks + R"(, "ranks_per_node": )" + per_node +
                       R"(}, "grids": {"g": {"recipe": "areal", "topology": {"pipe": 2, "data": )" + data +
                       R"(, "tensor": 2}}}, "programs": []})");
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(PlanDrawing, every_rank_has_a_cell_and_every_node_a_box) {
  const std::string svg = plan_svg(drawn("10", "4", "2"));
  EXPECT_EQ(count_of(svg, "<rect"), 10U + 3U);
  EXPECT_EQ(count_of(svg, "fill=\"none\" stroke=\"#555\""), 2U) << "ranks 8 and 9 are in no grid";
  EXPECT_EQ(count_of(svg, "hsl(0,"), 4U);
  EXPECT_EQ(count_of(svg, "hsl(180,"), 4U);
  EXPECT_EQ(count_of(svg, ">p1 d0 t1<"), 1U);
  EXPECT_EQ(count_of(svg, "<text"), count_of(svg, "</text>"));
}

// 4 tensor groups and 4 pipelines of two ranks each.
TEST(PlanDrawing, the_graph_joins_neighbours_in_tensor_groups_and_pipelines) {
  const std::string dot = plan_dot(drawn("8", "4", "2"));
  EXPECT_EQ(count_of(dot, "style=solid"), 4U);
  EXPECT_EQ(count_of(dot, "style=dashed"), 4U);
  EXPECT_EQ(count_of(dot, "subgraph cluster_"), 2U);
  EXPECT_NE(dot.find("  g0r0 -- g0r4 [style=dashed];\n"), std::string::npos);
  EXPECT_NE(dot.find("    g0r5 [label=\"5\\np1 d0 t1\"];\n"), std::string::npos);
}

TEST(PlanDrawing, a_world_that_fills_no_picture_is_refused) {
  try {
    plan_svg(drawn("8192", "8", "2048"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "--format: s has 8192 ranks, a picture holds at most 4096");
  }
}

}  // namespace
}  // namespace gridlock
