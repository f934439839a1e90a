// Every recorded scenario of AReaL's ParallelGrid, value by value. Where the reference is wrong, `expected`
// names the deviation (docs/deviations.md) and says what its users would expect; nothing is left out.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/grid/areal_scenario.h"

namespace gridlock::testing {
namespace {

std::vector<RecordedCase> recorded_scenarios() {
  std::vector<RecordedCase> scenarios;
  for (const Json& file : recorded_files("areal_golden")) {
    for (const Json& scenario : file.at("scenarios")) scenarios.push_back({scenario});
  }
  return scenarios;
}

class ArealGolden : public ::testing::TestWithParam<RecordedCase> {
 protected:
  ArealGolden() : scenario_(GetParam().content) {}

  const Json& recorded() const { return GetParam().content; }
  const Json& recorded_grid(std::size_t i) const { return recorded().at("grids").at(i); }

  /// Calls check(grid index, view) for every rank of every grid.
  template <typename Check>
  void for_each_rank(Check&& check) const {
    for (std::size_t i = 0; i < scenario_.grids().size(); ++i) {
      for (RankId rank = 0; rank < scenario_.world_size(); ++rank) {
        const ParallelGrid grid(scenario_.grids()[i].plan, rank);
        check(i, RankView{grid, scenario_.grids()[i]});
      }
    }
  }

  ArealScenario scenario_;
};

// Deviation rank-mapping: the reference takes a rank's model rank from its place in the sorted process group,
// so on a mapping that is not increasing world rank w reports the state of another rank. Here the model rank
// is the mapping's key; the state of model rank m was recorded at the m-th smallest world rank.
std::size_t recorded_at(const Json& grid, const ParallelGrid& view) {
  if (!view.is_member()) return static_cast<std::size_t>(view.world_rank());
  std::vector<RankId> sorted = grid.at("process_group_ranks");
  std::sort(sorted.begin(), sorted.end());
  return static_cast<std::size_t>(sorted.at(static_cast<std::size_t>(view.global_rank())));
}

Json expected(const Json& grid, const std::string& table, const std::string& column,
              const ParallelGrid& view) {
  const Json& values = grid.at(table).at(column);
  const Json value = values.at(recorded_at(grid, view));
  if (column == "ds_model_world_size" || column == "get_model_parallel_world_size") {
    // Deviation nonmember-raise: a non-member gets the model's size, as from all other sizes; a member
    // recorded it.
    const auto member = grid.at("process_group_ranks").at(0).get<std::size_t>();
    if (value == "!AttributeError") return values.at(member);
  }
  // Deviation empty-kinds: a non-member's lists are all empty; the reference has None in this one.
  if (column == "slice_group" && value.is_null()) return Json::array();
  if (value.is_string() && value.get<std::string>().front() == '!') return "!";
  return value;
}

TEST_P(ArealGolden, makes_the_recorded_requests_and_new_group_calls_in_order) {
  EXPECT_TRUE(recorded().at("same_on_all_ranks"));
  EXPECT_EQ(scenario_.requests(), recorded().at("requests"));
  EXPECT_EQ(scenario_.new_groups(), recorded().at("new_group"));
}

TEST_P(ArealGolden, every_attribute_of_every_rank_is_the_recorded_one) {
  for_each_rank([&](std::size_t i, const RankView& view) {
    for (const auto& column : recorded_grid(i).at("attr").items()) {
      EXPECT_EQ(attribute(column.key(), view), expected(recorded_grid(i), "attr", column.key(), view.grid))
          << column.key() << " of grid " << i << " on rank " << view.grid.world_rank();
    }
  });
}

TEST_P(ArealGolden, every_accessor_of_every_rank_answers_as_recorded) {
  for_each_rank([&](std::size_t i, const RankView& view) {
    for (const auto& column : recorded_grid(i).at("method").items()) {
      EXPECT_EQ(method(column.key(), view), expected(recorded_grid(i), "method", column.key(), view.grid))
          << column.key() << " of grid " << i << " on rank " << view.grid.world_rank();
    }
  });
}

TEST_P(ArealGolden, every_derived_value_of_every_rank_is_the_recorded_one) {
  for_each_rank([&](std::size_t i, const RankView& view) {
    for (const auto& column : recorded_grid(i).at("derived").items()) {
      EXPECT_EQ(derived(column.key(), view), expected(recorded_grid(i), "derived", column.key(), view.grid))
          << column.key() << " of grid " << i << " on rank " << view.grid.world_rank();
    }
  });
}

TEST_P(ArealGolden, values_that_all_ranks_share_are_the_recorded_ones_on_every_rank) {
  for_each_rank([&](std::size_t i, const RankView& view) {
    for (const auto& column : recorded_grid(i).at("shared").items()) {
      EXPECT_EQ(shared_value(column.key(), view), column.value()) << column.key() << " of grid " << i;
    }
  });
}

TEST_P(ArealGolden, a_rank_is_a_member_of_every_group_that_it_holds) {
  for_each_rank([&](std::size_t, const RankView& view) {
    for (const PlanFamily& family : view.grid.plan().families()) {
      const MaybeGroup group = view.grid.group(family.name);
      EXPECT_TRUE(!group || group->members.contains(view.grid.world_rank())) << family.name;
    }
  });
}

// Deviation rank-mapping: ranks of the reference hold foreign groups exactly when its mapping is not
// increasing; the plan says so instead.
TEST_P(ArealGolden, handles_that_the_reference_mixes_up_are_the_plans_with_a_rank_order_surprise) {
  for (std::size_t i = 0; i < scenario_.grids().size(); ++i) {
    const bool is_surprising = scenario_.grids()[i].plan->group_rank_order_surprise().has_value();
    EXPECT_EQ(is_surprising, !recorded_grid(i).at("held_but_not_member").empty());
  }
}

void expect_recorded_topology(const Json& topo, const ProcessTopology& topology) {
  EXPECT_EQ(topology.world_size(), topo.at("world_size"));
  EXPECT_EQ(topology.to_string(), topo.at("repr"));
  for (const auto& axis : topo.at("axis_comm_lists").items()) {
    EXPECT_EQ(lists_of(topology.get_axis_comm_lists(axis.key())), axis.value());
  }
  for (const auto& axis : topo.at("axis_list").items()) {
    ASSERT_EQ(static_cast<std::size_t>(topology.get_dim(axis.key())), axis.value().size());
    for (RankId i = 0; i < topology.get_dim(axis.key()); ++i) {
      EXPECT_EQ(Json(topology.get_axis_list(axis.key(), i).to_vector()),
                axis.value().at(static_cast<std::size_t>(i)));
    }
  }
  RankReprStyle all_axes;
  all_axes.omit_axes.clear();
  for (RankId rank = 0; rank < topology.world_size(); ++rank) {
    const auto r = static_cast<std::size_t>(rank);
    EXPECT_EQ(Json(topology.get_coord(rank)), topo.at("coords").at(r));
    EXPECT_EQ(topology.get_rank_repr(rank), topo.at("rank_repr").at(r));
    EXPECT_EQ(topology.get_rank_repr(rank, all_axes), topo.at("rank_repr_all").at(r));
  }
}

TEST_P(ArealGolden, every_topology_query_answers_as_recorded) {
  for (const Json& grid : recorded().at("grids")) {
    expect_recorded_topology(grid.at("topo"), recorded_topology(grid.at("topology")));
    EXPECT_EQ(grid.at("topo").size(), 7U)
        << "the recording has topology queries that this test does not know";
  }
}

TEST_P(ArealGolden, p2p_pairs_and_process_group_are_the_mapping_s_world_ranks) {
  for (std::size_t i = 0; i < scenario_.grids().size(); ++i) {
    const RankMapping& mapping = scenario_.grids()[i].plan->mapping();
    std::vector<RankId> sorted = recorded_grid(i).at("process_group_ranks");
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(mapping.world_ranks().to_vector(), sorted);
  }
}

INSTANTIATE_TEST_SUITE_P(recorded, ArealGolden, ::testing::ValuesIn(recorded_scenarios()),
                         [](const auto& scenario) { return as_test_name(scenario.param.id()); });

}  // namespace
}  // namespace gridlock::testing
