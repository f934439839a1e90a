#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/grid/members.h"

namespace gridlock {
namespace {

using ::testing::ElementsAre;

TEST(OrderedMembers, KeepTheirOrderAsGroupRanks) {
  const Members members = Members::ordered({7, 2, 9, 4});
  EXPECT_FALSE(members.is_sorted());
  EXPECT_THAT(members.to_vector(), ElementsAre(7, 2, 9, 4));
  for (GroupRank i = 0; i < members.size(); ++i) EXPECT_EQ(members.index_of(members[i]), i);
  EXPECT_EQ(members.index_of(3), kNoRank);
  EXPECT_EQ(members.index_of(10), kNoRank);
  EXPECT_EQ(members.to_string(), "[7, 2, 9, 4]");
  EXPECT_THAT(members.affine(1, 10).to_vector(), ElementsAre(71, 21, 91, 41));
}

TEST(OrderedMembers, AscendingOnesAreTheSameAsAList) {
  EXPECT_EQ(Members::ordered({2, 4, 6}), Members::list({6, 4, 2}));
  EXPECT_TRUE(Members::ordered({2, 4, 6}).is_sorted());
}

TEST(OrderedMembers, DifferFromTheSameRanksInAnotherOrder) {
  const Members up = Members::list({0, 1});
  const Members down = Members::ordered({1, 0});
  EXPECT_FALSE(up == down);
  EXPECT_FALSE(down == Members::ordered({2, 0}));
  EXPECT_TRUE(down == Members::ordered({1, 0}));
  EXPECT_NE(up.hash(), down.hash());
}

}  // namespace
}  // namespace gridlock
