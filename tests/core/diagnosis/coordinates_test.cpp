#include "core/diagnosis/coordinates.h"

#include <gtest/gtest.h>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

/// A grid pipe 2 x data 3 x tensor 4 on ranks 4-27 of 32.
GroupTable one_grid() {
  GroupTable groups(32);
  std::vector<RankId> ranks;
  for (RankId rank = 4; rank < 28; ++rank) ranks.push_back(rank);
  const auto plan =
      std::make_shared<Plan>(GridSpec{.topology = ProcessTopology({"pipe", "data", "tensor"}, {2, 3, 4}),
                                      .recipe = areal_recipe(),
                                      .mapping = RankMapping::list(ranks)},
                             32);
  std::vector<std::int64_t> creations;
  for (std::int64_t i = 0; i < plan->request_count(); ++i) creations.push_back(i);
  groups.add_grid(plan, creations, "actor");
  return groups;
}

TEST(CoordinatesTest, NamesTheAxesOnWhichTheRanksAreNotAll) {
  const GroupTable groups = one_grid();
  EXPECT_EQ(coordinates_text(groups, RankSet::strided(16, 1, 12)), "actor.pipe=1");
  EXPECT_EQ(coordinates_text(groups, RankSet::strided(6, 4, 6)), "actor.tensor=2");
  EXPECT_EQ(coordinates_text(groups, RankSet({4})), "actor.pipe=0, actor.data=0, actor.tensor=0");
  EXPECT_EQ(coordinates_text(groups, RankSet({8, 9, 12, 13})),
            "actor.pipe=0, actor.data=1-2, actor.tensor=0-1");
}

TEST(CoordinatesTest, IsEmptyWhereTheRanksHaveNoCoordinatesInCommon) {
  const GroupTable groups = one_grid();
  EXPECT_EQ(coordinates_text(groups, RankSet({8, 13})), "") << "a diagonal";
  EXPECT_EQ(coordinates_text(groups, RankSet({3, 4})), "") << "one is outside of the grid";
  EXPECT_EQ(coordinates_text(groups, RankSet::strided(4, 1, 24)), "") << "all of the grid";
  EXPECT_EQ(coordinates_text(groups, RankSet()), "");
  EXPECT_EQ(coordinates_text(GroupTable(4), RankSet({1})), "");
}

}  // namespace
}  // namespace gridlock
