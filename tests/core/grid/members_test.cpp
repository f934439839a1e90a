#include "core/grid/members.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/input_error.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::Random;

void expect_holds(const Members& members, const std::vector<RankId>& sorted) {
  ASSERT_EQ(members.to_vector(), sorted);
  ASSERT_EQ(members.size(), static_cast<RankId>(sorted.size()));
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_EQ(members[static_cast<GroupRank>(i)], sorted[i]);
    EXPECT_EQ(members.index_of(sorted[i]), static_cast<GroupRank>(i));
  }
  for (RankId rank = -1; rank <= (sorted.empty() ? 0 : sorted.back() + 1); ++rank) {
    EXPECT_EQ(members.contains(rank), std::binary_search(sorted.begin(), sorted.end(), rank)) << rank;
  }
}

std::vector<RankId> random_ranks(Random& random) {
  std::vector<RankId> ranks;
  for (RankId i = random.below(12); i >= 0; --i) ranks.push_back(random.below(24));
  return ranks;
}

TEST(Members, a_list_in_any_order_with_duplicates_is_the_sorted_set) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::vector<RankId> ranks = random_ranks(random);
    const std::set<RankId> set(ranks.begin(), ranks.end());
    expect_holds(Members::list(ranks), {set.begin(), set.end()});
  }
}

TEST(Members, every_nested_box_is_equal_to_the_list_of_its_ranks_and_hashes_alike) {
  Random random(2);
  for (int i = 0; i < 2000; ++i) {
    const RankId start = random.below(5);
    std::vector<Members::Level> levels;
    std::vector<RankId> ranks{start};
    RankId extent = 1;
    for (RankId level = random.below(5); level > 0; --level) {
      const Members::Level steps{extent + random.below(3), 1 + random.below(3)};
      levels.insert(levels.begin(), steps);
      const std::vector<RankId> inner = ranks;
      for (RankId step = 1; step < steps.count; ++step) {
        for (const RankId rank : inner) ranks.push_back(rank + step * steps.stride);
      }
      extent = steps.stride * steps.count;
    }
    const Members box = Members::box(start, levels);
    expect_holds(box, ranks);
    EXPECT_EQ(box, Members::list(ranks));
    EXPECT_EQ(box.hash(), Members::list(ranks).hash());
  }
}

TEST(Members, sets_are_equal_exactly_when_their_ranks_are) {
  Random random(3);
  std::vector<std::vector<RankId>> lists;
  for (int i = 0; i < 120; ++i) lists.push_back(Members::list(random_ranks(random)).to_vector());
  for (const auto& a : lists) {
    for (const auto& b : lists) {
      EXPECT_EQ(Members::list(a) == Members::list(b), a == b);
      EXPECT_EQ(Members::list(a).hash() == Members::list(b).hash(), a == b);
    }
  }
}

TEST(Members, more_levels_than_a_box_can_hold_are_kept_as_a_list) {
  std::vector<Members::Level> levels;
  for (RankId bit = 7; bit >= 0; --bit) levels.push_back({static_cast<RankId>(1 << (2 * bit)), 2});
  std::vector<RankId> ranks;
  for (RankId i = 0; i < 256; ++i) {
    RankId rank = 0;
    for (int bit = 0; bit < 8; ++bit) rank |= (i >> bit & 1) << (2 * bit);
    ranks.push_back(rank);
  }
  EXPECT_EQ(Members::box(0, levels).to_vector(), ranks);
  EXPECT_EQ(Members::box(0, levels), Members::list(ranks));
}

TEST(Members, affine_places_every_rank_at_start_plus_steps) {
  Random random(4);
  for (int i = 0; i < 500; ++i) {
    std::vector<RankId> ranks = random_ranks(random);
    const RankId start = random.below(10);
    const RankId step = 1 + random.below(3);
    const Members moved = Members::list(ranks).affine(start, step);
    for (RankId& rank : ranks) rank = start + step * rank;
    EXPECT_EQ(moved, Members::list(ranks));
  }
}

TEST(Members, the_empty_group_has_no_members_and_is_all_empty_groups) {
  expect_holds(Members(), {});
  EXPECT_EQ(Members(), Members::list({}));
  EXPECT_EQ(Members(), Members::range(5, 0));
  EXPECT_FALSE(Members() == Members::range(0, 1));
}

TEST(Members, few_ranks_are_printed_in_full_and_many_as_runs) {
  EXPECT_EQ(Members::list({6, 0, 4, 2}).to_string(), "[0, 2, 4, 6]");
  EXPECT_EQ(Members().to_string(), "[]");
  const Members::Level even{2, 512};
  EXPECT_EQ(Members::box(0, std::span(&even, 1)).to_string(), "[0-1022 step 2] (512 ranks)");
}

std::string refusal(const std::vector<RankId>& ranks) {
  try {
    Members::checked(ranks, 8, "groups.mine");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Members, ranks_of_a_user_are_refused_when_they_make_no_group) {
  EXPECT_EQ(refusal({3, 1}), "accepted");
  EXPECT_EQ(refusal({}),
            "groups.mine: a group needs at least one rank, got an empty list\n"
            "  hint: leave the group out, or name its members");
  EXPECT_EQ(refusal({3, 8}), "groups.mine: rank 8 is not in the world, whose ranks are 0 to 7");
  EXPECT_EQ(refusal({-1, 2}), "groups.mine: rank -1 is not in the world, whose ranks are 0 to 7");
  EXPECT_EQ(refusal({3, 1, 3}), "groups.mine: rank 3 is named twice in one group");
}

}  // namespace
}  // namespace gridlock
