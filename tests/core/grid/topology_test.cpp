#include "core/grid/topology.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "core/base/input_error.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::all_coordinates;
using testing::Random;
using testing::random_topology;

const ProcessTopology kCube({"pipe", "data", "tensor"}, {2, 3, 4});

std::string refusal(const std::function<void()>& ask) {
  try {
    ask();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string refusal_of(const std::vector<std::string>& axes, const std::vector<std::int64_t>& sizes) {
  return refusal([&] { ProcessTopology(axes, sizes); });
}

TEST(Topology, ranks_and_coordinates_are_those_of_an_odometer) {
  Random random(1);
  for (int i = 0; i < 300; ++i) {
    const ProcessTopology topology = random_topology(random);
    const auto coordinates = all_coordinates(topology);
    ASSERT_EQ(coordinates.size(), static_cast<std::size_t>(topology.world_size()));
    for (RankId rank = 0; rank < topology.world_size(); ++rank) {
      const auto& coordinate = coordinates[static_cast<std::size_t>(rank)];
      EXPECT_EQ(topology.get_coord(rank), coordinate);
      std::vector<AxisIndex> parts;
      for (std::size_t axis = 0; axis < coordinate.size(); ++axis) {
        EXPECT_EQ(topology.index_on(topology.get_axis_names()[axis], rank), coordinate[axis]);
        parts.insert(parts.begin(), {topology.get_axis_names()[axis], coordinate[axis]});
      }
      EXPECT_EQ(topology.get_rank(parts), rank);
    }
  }
}

// Groups by brute force: ranks with equal outside coordinates, in order of those coordinates.
std::vector<std::vector<RankId>> groups_by_sorting(const ProcessTopology& topology,
                                                   const std::vector<std::string>& inside,
                                                   const std::vector<std::string>& numbering) {
  std::map<std::vector<RankId>, std::vector<RankId>> groups;
  for (RankId rank = 0; rank < topology.world_size(); ++rank) {
    std::vector<RankId> outside;
    for (const std::string& axis : numbering) outside.push_back(topology.index_on(axis, rank));
    groups[outside].push_back(rank);
  }
  std::vector<std::vector<RankId>> lists;
  for (const auto& [outside, ranks] : groups) lists.push_back(ranks);
  EXPECT_EQ(inside.size() + numbering.size(), topology.get_axis_names().size());
  return lists;
}

TEST(Topology, comm_lists_over_any_axes_in_any_numbering_are_the_groups_of_equal_other_coordinates) {
  Random random(2);
  for (int i = 0; i < 500; ++i) {
    const ProcessTopology topology = random_topology(random);
    std::vector<std::string> inside;
    std::vector<std::string> outside;
    for (const std::string& axis : topology.get_axis_names())
      (random.coin() ? inside : outside).push_back(axis);
    EXPECT_EQ(topology.comm_lists(inside).to_vectors(), groups_by_sorting(topology, inside, outside));
    std::reverse(outside.begin(), outside.end());
    const GroupList list = topology.comm_lists(inside, outside);
    EXPECT_EQ(list.to_vectors(), groups_by_sorting(topology, inside, outside));
    for (RankId rank = 0; rank < topology.world_size(); ++rank) {
      EXPECT_TRUE(list[list.index_of(rank)].contains(rank));
    }
  }
}

TEST(Topology, filter_match_finds_the_ranks_whose_coordinates_match) {
  Random random(3);
  for (int i = 0; i < 500; ++i) {
    const ProcessTopology topology = random_topology(random);
    std::vector<AxisIndex> filter;
    for (const std::string& axis : topology.get_axis_names()) {
      if (random.coin()) filter.push_back({axis, random.below(topology.get_dim(axis))});
    }
    std::vector<RankId> matching;
    for (RankId rank = 0; rank < topology.world_size(); ++rank) {
      const auto matches = [&](const AxisIndex& part) {
        return topology.index_on(part.axis, rank) == part.index;
      };
      if (std::all_of(filter.begin(), filter.end(), matches)) matching.push_back(rank);
    }
    EXPECT_EQ(topology.filter_match(filter).to_vector(), matching);
  }
}

TEST(Topology, a_topology_of_a_million_ranks_answers_without_listing_them) {
  const ProcessTopology topology({"pipe", "data", "tensor"}, {64, 2048, 8});
  EXPECT_EQ(topology.world_size(), 1048576);
  EXPECT_EQ(topology.get_axis_comm_lists("data").size(), 512);
  EXPECT_EQ(topology.get_axis_comm_lists("data")[511].to_string(), "[1032199-1048575 step 8] (2048 ranks)");
  EXPECT_EQ(topology.get_axis_comm_lists("data").index_of(1048575), 511);
}

TEST(Topology, twenty_axes_work_as_well_as_three) {
  std::vector<std::string> axes;
  for (char c = 'a'; c < 'a' + 20; ++c) axes.emplace_back(1, c);
  const ProcessTopology topology(axes, std::vector<std::int64_t>(20, 2));
  std::vector<std::string> every_second;
  for (std::size_t i = 0; i < axes.size(); i += 2) every_second.push_back(axes[i]);
  const GroupList list = topology.comm_lists(every_second);
  EXPECT_EQ(list.size(), 1024);
  EXPECT_EQ(list.group_size(), 1024);
  EXPECT_EQ(list[1023][1023], 1048575);
}

TEST(Topology, an_absent_axis_has_size_0_and_no_groups) {
  EXPECT_EQ(kCube.get_dim("model"), 0);
  EXPECT_TRUE(kCube.get_axis_comm_lists("model").empty());
  EXPECT_TRUE(kCube.get_axis_comm_lists("model").to_vectors().empty());
  EXPECT_EQ(kCube.get_axis_comm_lists("model").index_of(3), kNoRank);
}

TEST(Topology, equality_is_about_axes_and_sizes_in_order) {
  TopologyOptions options;
  options.max_prompt_len = 512;
  EXPECT_EQ(kCube, ProcessTopology({"pipe", "data", "tensor"}, {2, 3, 4}, options));
  EXPECT_EQ(kCube.hash(), ProcessTopology({"pipe", "data", "tensor"}, {2, 3, 4}, options).hash());
  EXPECT_FALSE(kCube == ProcessTopology({"data", "pipe", "tensor"}, {2, 3, 4}));
  EXPECT_FALSE(kCube == ProcessTopology({"pipe", "data", "tensor"}, {3, 2, 4}));
}

TEST(Topology, moved_changes_one_index_only) {
  EXPECT_EQ(kCube.moved(23, "data", 0), 15);
  EXPECT_EQ(kCube.moved(0, "pipe", 1), 12);
  EXPECT_EQ(refusal([] { kCube.moved(0, "pipe", 2); }),
            "topology: index 2 is not on axis 'pipe', whose indexes are 0 to 1");
}

TEST(Topology, sizes_and_names_that_make_no_topology_are_refused) {
  EXPECT_EQ(refusal_of({}, {}), "topology: at least one axis is needed, got none");
  EXPECT_EQ(refusal_of({"a", "b"}, {2}), "topology: every axis needs one size: 2 axes, 1 sizes");
  EXPECT_EQ(refusal_of({"a", "b"}, {2, 0}), "topology: the size of axis 'b' must be 1 or more, got 0");
  EXPECT_EQ(refusal_of({"a", "b"}, {-3, 2}), "topology: the size of axis 'a' must be 1 or more, got -3");
  EXPECT_EQ(refusal_of({"a", "b", "a"}, {1, 1, 1}), "topology: axis 'a' is named twice");
  EXPECT_EQ(refusal_of({"a", ""}, {1, 1}), "topology: axis 1 has an empty name");
  EXPECT_EQ(refusal_of({"a", "b"}, {65536, 65536}),
            "topology: sizes [65536, 65536] multiply to more ranks than an int32 can count (2147483647)");
  EXPECT_EQ(refusal_of({"a"}, {2147483647}), "accepted");
}

TEST(Topology, questions_about_what_does_not_exist_are_refused) {
  const auto rank_of = [](std::vector<AxisIndex> parts) { return refusal([&] { kCube.get_rank(parts); }); };
  EXPECT_EQ(rank_of({{"pipe", 0}, {"data", 0}}),
            "topology: a rank needs an index on every axis, 'tensor' is missing\n"
            "  hint: use filter_match for all ranks with some indexes");
  EXPECT_EQ(rank_of({{"pip", 0}}), "topology: there is no axis 'pip'\n  hint: did you mean 'pipe'?");
  EXPECT_EQ(rank_of({{"pipe", 0}, {"pipe", 1}}), "topology: axis 'pipe' is given twice");
  EXPECT_EQ(rank_of({{"data", 3}}), "topology: index 3 is not on axis 'data', whose indexes are 0 to 2");
  EXPECT_EQ(refusal([] { kCube.get_coord(24); }),
            "topology: rank 24 is not in the topology, whose ranks are 0 to 23");
  EXPECT_EQ(refusal([] { kCube.get_rank_repr(-1); }),
            "topology: rank -1 is not in the topology, whose ranks are 0 to 23");
}

TEST(Topology, a_numbering_must_name_exactly_the_axes_outside_the_groups) {
  const std::vector<std::string> inside{"tensor"};
  const auto with = [&](std::vector<std::string> numbering) {
    return refusal([&] { kCube.comm_lists(inside, numbering); });
  };
  EXPECT_EQ(with({"data", "pipe"}), "accepted");
  EXPECT_EQ(with({"data"}), "topology: the numbering order [data] must name all 2 axes outside the groups");
  EXPECT_EQ(with({"data", "tensor"}),
            "topology: axis 'tensor' cannot number groups: it is inside them or named twice");
  EXPECT_EQ(with({"data", "data"}),
            "topology: axis 'data' cannot number groups: it is inside them or named twice");
}

}  // namespace
}  // namespace gridlock
