#include <gtest/gtest.h>

#include "core/grid/plan.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

std::string with_recipe(const std::string& recipe, const std::string& more = "") {
  return R"({"world": {"ranks": 8}, "grids": {"g":
{"recipe": )" +
         recipe + R"(, "topology": {"a": 2, "b": 2, "c": 2})" + more + "}}, \"programs\": []}";
}

std::vector<std::string> requests_of(const std::string& text) {
  const Scenario scenario = scenario_from(text);
  const Plan& plan = *scenario.grids.at(0).plan;
  std::vector<std::string> requests;
  for (std::int64_t i = 0; i < plan.request_count(); ++i) {
    const GroupSpec asked = plan.request(i);
    requests.push_back(asked.name + " " + std::string(backend_name(asked.backend)) + " " +
                       asked.members.to_string());
  }
  return requests;
}

TEST(RecipeReader, a_recipe_of_one_s_own_makes_its_groups_in_its_order) {
  EXPECT_EQ(requests_of(with_recipe(R"({"name": "mine", "blocks": [
    {"inside": ["a"], "numbering": ["c", "b"], "families": ["far", {"name": "ends", "take": "first", "gloo": true}]},
    {"all_but": ["c"], "families": ["layer", {"name": "part", "within": ["b"]}]}]})")),
            (std::vector<std::string>{"far nccl [0, 4]", "ends gloo [0]", "far nccl [2, 6]", "ends gloo [2]",
                                      "far nccl [1, 5]", "ends gloo [1]", "far nccl [3, 7]", "ends gloo [3]",
                                      "layer nccl [0, 2, 4, 6]", "part nccl [0, 2]", "part nccl [4, 6]",
                                      "layer nccl [1, 3, 5, 7]", "part nccl [1, 3]", "part nccl [5, 7]"}));
}

TEST(RecipeReader, a_view_lays_the_same_ranks_out_again) {
  EXPECT_EQ(requests_of(with_recipe(
                R"({"name": "mine", "blocks": [{"inside": ["e"], "view": "other", "families": ["e"]}]})",
                R"(, "views": {"other": {"e": 4, "f": 2}})")),
            (std::vector<std::string>{"e nccl [0, 2, 4, 6]", "e nccl [1, 3, 5, 7]"}));
}

TEST(RecipeReader, what_says_no_recipe_is_refused_at_its_place) {
  EXPECT_EQ(error_for(with_recipe(R"({"name": "mine", "blocks": [{"families": ["x"]}]})")),
            "s.json:2:40: /grids/g/recipe/blocks/0: expected one of 'inside' and 'all_but'\n"
            "  hint: the axes on which the members of a group differ");
  EXPECT_EQ(
      error_for(with_recipe(
          R"({"name": "mine", "blocks": [{"inside": ["a"], "families": [{"name": "x", "take": "last"}]}]})")),
      "s.json:2:93: /grids/g/recipe/blocks/0/families/0/take: there is no selection of members 'last'\n"
      "  hint: known: all, first, first_and_last");
  EXPECT_EQ(error_for(with_recipe("\"megatrn\"")),
            "s.json:2:12: /grids/g/recipe: there is no recipe 'megatrn'\n  hint: did you mean 'megatron'?");
}

TEST(RecipeReader, views_that_the_recipe_does_not_look_at_are_refused) {
  const std::string grid = R"({"world": {"ranks": 8}, "grids": {"g": {"recipe": "megatron",
"topology": {"pipe": 2, "data": 2, "tensor": 2}, "views": {"experts": {"pipe": 2, "expert": 4}}}}, "programs": []})";
  EXPECT_EQ(error_for(grid),
            "s.json:2:71: /grids/g/views/experts: there is no view of the recipe megatron 'experts'\n"
            "  hint: did you mean 'expert'?");
}

}  // namespace
}  // namespace gridlock
