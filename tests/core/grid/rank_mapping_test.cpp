#include "core/grid/rank_mapping.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "core/base/input_error.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::Random;

std::string refusal(const std::function<void()>& ask) {
  try {
    ask();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

void expect_maps(const RankMapping& mapping, const std::vector<RankId>& world_ranks) {
  ASSERT_EQ(mapping.size(), static_cast<RankId>(world_ranks.size()));
  for (std::size_t i = 0; i < world_ranks.size(); ++i) {
    EXPECT_EQ(mapping.to_world(static_cast<RankId>(i)), world_ranks[i]);
  }
  for (RankId rank = 0; rank < 40; ++rank) {
    const auto found = std::find(world_ranks.begin(), world_ranks.end(), rank);
    const auto model_rank = static_cast<RankId>(found - world_ranks.begin());
    EXPECT_EQ(mapping.to_model(rank), found == world_ranks.end() ? kNoRank : model_rank);
  }
  EXPECT_EQ(mapping.is_increasing(), std::is_sorted(world_ranks.begin(), world_ranks.end()));
  EXPECT_EQ(mapping.first_descent().has_value(), !mapping.is_increasing());
  EXPECT_EQ(mapping.world_ranks(), Members::list(world_ranks));
}

TEST(RankMapping, identity_offset_and_stride_are_arithmetic) {
  expect_maps(RankMapping::identity(4), {0, 1, 2, 3});
  expect_maps(RankMapping::offset(4, 8), {8, 9, 10, 11});
  expect_maps(RankMapping::strided(4, 1, 3), {1, 4, 7, 10});
  expect_maps(RankMapping::strided(1, 5, 7), {5});
}

TEST(RankMapping, a_list_maps_as_written_and_groups_follow_sorted) {
  Random random(1);
  for (int i = 0; i < 300; ++i) {
    std::vector<RankId> world_ranks = testing::random_order(random, 24);
    world_ranks.resize(static_cast<std::size_t>(1 + random.below(24)));
    const RankMapping mapping = RankMapping::list(world_ranks);
    expect_maps(mapping, world_ranks);
    std::vector<RankId> group;
    std::vector<RankId> placed;
    for (RankId rank = 0; rank < mapping.size(); rank += 1 + random.below(3)) {
      group.push_back(rank);
      placed.push_back(world_ranks[static_cast<std::size_t>(rank)]);
    }
    EXPECT_EQ(mapping.to_world(Members::list(group)), Members::list(placed));
  }
}

TEST(RankMapping, entries_in_any_order_are_the_list) {
  const std::vector<RankMapping::Entry> entries{{2, 4}, {0, 1}, {3, 7}, {1, 3}};
  EXPECT_EQ(RankMapping::entries(4, entries), RankMapping::list({1, 3, 4, 7}));
}

TEST(RankMapping, a_list_that_is_arithmetic_equals_the_arithmetic_mapping) {
  EXPECT_EQ(RankMapping::list({0, 1, 2}), RankMapping::identity(3));
  EXPECT_EQ(RankMapping::list({4, 6, 8}), RankMapping::strided(3, 4, 2));
  EXPECT_EQ(RankMapping::list({5}), RankMapping::offset(1, 5));
  EXPECT_FALSE(RankMapping::list({0, 2, 1}) == RankMapping::identity(3));
}

TEST(RankMapping, the_first_descent_names_both_neighbours) {
  const RankMapping mapping = RankMapping::list({0, 5, 9, 7, 2});
  ASSERT_TRUE(mapping.first_descent());
  EXPECT_EQ(mapping.first_descent()->first.model_rank, 2);
  EXPECT_EQ(mapping.first_descent()->first.world_rank, 9);
  EXPECT_EQ(mapping.first_descent()->second.model_rank, 3);
  EXPECT_EQ(mapping.first_descent()->second.world_rank, 7);
}

TEST(RankMapping, mappings_print_in_their_shortest_form) {
  EXPECT_EQ(RankMapping::identity(8).to_string(), "identity of 8 ranks");
  EXPECT_EQ(RankMapping::offset(8, 8).to_string(), "offset 8 of 8 ranks");
  EXPECT_EQ(RankMapping::strided(8, 0, 2).to_string(), "stride 2 from 0 of 8 ranks");
  EXPECT_EQ(RankMapping::list({1, 3, 4, 7}).to_string(), "[1, 3, 4, 7]");
  std::vector<RankId> reversed(20);
  for (std::size_t i = 0; i < 20; ++i) reversed[i] = static_cast<RankId>(19 - i);
  EXPECT_EQ(RankMapping::list(reversed).to_string(),
            "[19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, ...] (20 ranks)");
}

TEST(RankMapping, what_places_no_model_is_refused) {
  const auto entries = [](std::vector<RankMapping::Entry> list) {
    return refusal([&] { RankMapping::entries(2, list); });
  };
  EXPECT_EQ(entries({{0, 3}}), "rank_mapping: the mapping of a model of 2 ranks lacks key 1");
  EXPECT_EQ(entries({{0, 3}, {1, 4}, {2, 5}}),
            "rank_mapping: key 2 is not a rank of the model, whose ranks are 0 to 1");
  EXPECT_EQ(entries({{0, 3}, {0, 4}}), "rank_mapping: key 0 is given twice");
  EXPECT_EQ(entries({{0, 3}, {1, 3}}), "rank_mapping: model ranks 0 and 1 are both mapped to rank 3");
  EXPECT_EQ(entries({{0, -1}, {1, 3}}),
            "rank_mapping: model rank 0 is mapped to -1, but world ranks count from 0");
  EXPECT_EQ(refusal([] {
              RankMapping::list({2, -7});
            }),
            "rank_mapping: model rank 1 is mapped to -7, but world ranks count from 0");
  EXPECT_EQ(refusal([] { RankMapping::list({}); }),
            "rank_mapping: a mapping needs at least one rank, got none");
  EXPECT_EQ(refusal([] { RankMapping::strided(4, 0, 0); }),
            "rank_mapping: the stride must be 1 or more, got 0");
  EXPECT_EQ(refusal([] { RankMapping::offset(4, -1); }), "rank_mapping: world ranks count from 0, got -1");
  EXPECT_EQ(
      refusal([] { RankMapping::strided(3, 0, 2000000000); }),
      "rank_mapping: 3 ranks from 0 with stride 2000000000 reach rank 4000000000, which no int32 can count");
}

TEST(RankMapping, a_world_too_small_for_the_mapping_is_refused) {
  EXPECT_EQ(refusal([] { RankMapping::offset(8, 8).check_fits(16); }), "accepted");
  EXPECT_EQ(refusal([] { RankMapping::offset(8, 8).check_fits(15); }),
            "rank_mapping: model rank 7 is mapped to rank 15, but the world's ranks are 0 to 14");
  EXPECT_EQ(refusal([] {
              RankMapping::list({7, 2}).check_fits(7);
            }),
            "rank_mapping: model rank 0 is mapped to rank 7, but the world's ranks are 0 to 6");
}

}  // namespace
}  // namespace gridlock
