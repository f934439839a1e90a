// The recorded edge cases, factor lists, FakeGrid and registry of AReaL.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "core/base/input_error.h"
#include "core/grid/factors.h"
#include "core/grid/fake_grid.h"
#include "core/grid/group_registry.h"
#include "core/grid/named_topology.h"
#include "tests/core/grid/areal_refusals.h"
#include "tests/core/grid/recorded_data.h"

namespace gridlock::testing {
namespace {

bool is_refusal(const Json& answer) {
  return answer.is_string() && answer.get<std::string>().rfind('!', 0) == 0;
}

void expect_edge_case(const Json& row, const EdgeCase& edge) {
  const bool reference_refuses = !row.at("error").is_null();
  if (!edge.deviation.empty()) {
    EXPECT_EQ(edge.answer, edge.expected);
    const bool late = reference_refuses && row.at("new_group_calls_before") != 0;
    EXPECT_TRUE(late || (reference_refuses ? !is_refusal(edge.answer) : edge.answer != row.at("result")))
        << "the answer is the reference's: no deviation";
  } else if (reference_refuses) {
    EXPECT_TRUE(is_refusal(edge.answer)) << edge.answer;
    EXPECT_EQ(row.at("new_group_calls_before"), 0);
  } else {
    EXPECT_EQ(edge.answer, row.at("result"));
  }
}

TEST(ArealEdges, every_recorded_edge_case_is_answered_as_recorded_or_as_its_deviation_says) {
  const std::map<std::string, EdgeCase> ours = edge_cases();
  std::set<std::string> seen;
  for (const Json& file : recorded_files("areal_golden")) {
    for (const Json& row : file.at("errors")) {
      const std::string id = row.at("id");
      SCOPED_TRACE(id);
      ASSERT_TRUE(ours.count(id) == 1) << "the recording has a case that this test does not know";
      expect_edge_case(row, ours.at(id));
      seen.insert(id);
    }
  }
  EXPECT_EQ(seen.size(), ours.size()) << "a case of this test is in no recording";
}

TEST(ArealEdges, every_deviation_is_explained_in_the_deviations_page) {
  std::ifstream page(GRIDLOCK_SOURCE_DIR "/docs/deviations.md");
  std::stringstream text;
  text << page.rdbuf();
  std::set<std::string> deviations{"rank-mapping", "nonmember-raise", "empty-kinds", "destroy", "fakegrid"};
  for (const auto& [id, edge] : edge_cases()) deviations.insert(edge.deviation);
  deviations.erase("");
  for (const std::string& deviation : deviations) {
    EXPECT_NE(text.str().find("`" + deviation + "`"), std::string::npos) << deviation;
  }
}

TEST(ArealEdges, factor_triples_are_the_recorded_ones_in_sorted_order) {
  for (const Json& file : recorded_files("areal_golden")) {
    for (const auto& recorded : file.at("decompose_sorted").items()) {
      EXPECT_EQ(Json(decompose_to_three_factors(std::stoll(recorded.key()))), recorded.value());
    }
  }
}

// The reference's own order is that of a CPython set; the triples are the same.
TEST(ArealEdges, factor_triples_are_the_recorded_set_whatever_the_order_of_cpython) {
  for (const Json& file : recorded_files("areal_golden")) {
    for (const auto& recorded : file.at("decompose_cpython_order").items()) {
      std::vector<std::vector<std::int64_t>> triples = recorded.value();
      std::sort(triples.begin(), triples.end());
      EXPECT_EQ(Json(decompose_to_three_factors(std::stoll(recorded.key()))), Json(triples));
    }
  }
}

// Deviation destroy: the reference clears nothing when torch.distributed is not initialised and keeps 34
// stale entries; here destroying always leaves an empty registry.
TEST(ArealEdges, destroying_all_groups_forgets_as_many_as_recorded_and_leaves_none) {
  for (const Json& file : recorded_files("areal_golden")) {
    const Json& recorded = file.at("destroy").at("initialized");
    GroupRegistry registry;
    registry.resolve(Plan({pipe_data_tensor({2, 2, 2}), areal_recipe(), RankMapping::identity(8)}, 8));
    EXPECT_EQ(registry.size(), recorded.at("registry_before"));
    EXPECT_EQ(registry.destroy_all_comm_groups(), recorded.at("destroyed"));
    EXPECT_EQ(registry.size(), recorded.at("registry_after"));
    EXPECT_EQ(file.at("destroy").at("not_initialized").at("registry_after"), recorded.at("registry_before"));
  }
}

Json fake_attribute(const std::string& name, const FakeGrid& grid) {
  if (name == "rank") return grid.rank();
  if (name == "data_parallel_size") return grid.data_parallel_size();
  if (name == "pipe_parallel_size") return grid.pipe_parallel_size();
  if (name == "model_parallel_size") return grid.model_parallel_size();
  if (name == "dp_id") return grid.dp_id();
  if (name == "pp_id") return grid.pp_id();
  if (name == "mp_id") return grid.mp_id();
  if (name == "world_size") return grid.world_size();
  return "unknown attribute " + name;
}

Json refusal_of(MaybeGroup (FakeGrid::*read)() const, const FakeGrid& grid) {
  try {
    (grid.*read)();
  } catch (const InputError& error) {
    return error.message() == "No groups in fake grid." ? "!RuntimeError" : error.message();
  }
  return "a group";
}

Json fake_method(const std::string& name, const FakeGrid& grid) {
  if (name == "get_pipe_parallel_world_size") return grid.get_pipe_parallel_world_size();
  if (name == "get_pipe_parallel_rank") return grid.get_pipe_parallel_rank();
  if (name == "get_data_parallel_world_size") return grid.get_data_parallel_world_size();
  if (name == "get_data_parallel_rank") return grid.get_data_parallel_rank();
  if (name == "get_tensor_model_parallel_world_size") return grid.get_tensor_model_parallel_world_size();
  if (name == "get_tensor_model_parallel_rank") return grid.get_tensor_model_parallel_rank();
  if (name == "get_pipe_parallel_group") return refusal_of(&FakeGrid::get_pipe_parallel_group, grid);
  if (name == "get_data_parallel_group") return refusal_of(&FakeGrid::get_data_parallel_group, grid);
  if (name == "get_tensor_model_parallel_group")
    return refusal_of(&FakeGrid::get_tensor_model_parallel_group, grid);
  return "unknown method " + name;
}

TEST(ArealEdges, fake_grids_answer_as_recorded_on_every_rank) {
  for (const Json& file : recorded_files("areal_golden")) {
    for (const Json& scenario : file.at("scenarios")) {
      for (const Json& recorded : scenario.at("grids")) {
        if (!recorded.contains("fake_grid")) continue;
        SCOPED_TRACE(scenario.at("id"));
        const ProcessTopology topology = recorded_topology(recorded.at("topology"));
        for (RankId rank = 0; rank < topology.world_size(); ++rank) {
          const FakeGrid grid(rank, topology);
          const auto r = static_cast<std::size_t>(rank);
          for (const auto& column : recorded.at("fake_grid").at("attr").items()) {
            EXPECT_EQ(fake_attribute(column.key(), grid), column.value().at(r)) << column.key();
          }
          for (const auto& column : recorded.at("fake_grid").at("method").items()) {
            EXPECT_EQ(fake_method(column.key(), grid), column.value().at(r)) << column.key();
          }
        }
      }
    }
  }
}

// Deviation fakegrid: of the names that the reference's FakeGrid lacks, ours has those that AReaL's own code
// reads of a grid without groups; the rest need groups or another rank's view.
TEST(ArealEdges, names_that_the_reference_s_fake_grid_lacks_are_the_known_ones) {
  const std::set<std::string> ours{"global_rank",
                                   "topology",
                                   "topo",
                                   "get_stage_id",
                                   "get_global_rank",
                                   "get_data_parallel_id",
                                   "get_model_parallel_rank",
                                   "get_model_parallel_world_size"};
  for (const Json& file : recorded_files("areal_golden")) {
    for (const Json& scenario : file.at("scenarios")) {
      for (const Json& grid : scenario.at("grids")) {
        if (!grid.contains("fake_grid")) continue;
        const std::set<std::string> missing = grid.at("fake_grid").at("missing");
        EXPECT_EQ(missing.size(), 39U);
        EXPECT_TRUE(std::includes(missing.begin(), missing.end(), ours.begin(), ours.end()));
      }
    }
  }
}

}  // namespace
}  // namespace gridlock::testing
