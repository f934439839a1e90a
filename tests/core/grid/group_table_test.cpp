#include "core/grid/group_table.h"

#include <gtest/gtest.h>

#include <utility>

namespace gridlock {
namespace {

GroupSpec spec_of(Members members) {
  GroupSpec spec;
  spec.members = std::move(members);
  return spec;
}

TEST(GroupTable, AGroupKnownByItsKeyIsTheOneThatWasMadeUnderIt) {
  GroupTable groups(4);
  const GroupSpec spec = spec_of(Members::list({0, 2}));
  const GroupHandle part = groups.add_part(InstanceId::world, 3, spec);
  const GroupKey key = groups.instance(groups.resolve(part, 2)).key;
  EXPECT_EQ(groups.add_keyed(key, spec), part);
  EXPECT_NE(groups.add_part(InstanceId::world, 4, spec), part);
  EXPECT_EQ(groups.instance_count(), 3U);
}

TEST(GroupTable, AGroupThatWasCreatedIsFoundByItsKey) {
  GroupTable groups(4);
  const GroupSpec spec = spec_of(Members::list({1, 3}));
  const GroupHandle made = groups.add(0, spec);
  const GroupKey key = groups.instance(groups.resolve(made, 3)).key;
  EXPECT_EQ(groups.resolve(groups.add_keyed(key, spec), 1), groups.resolve(made, 1));
}

TEST(GroupTable, ResolvesAHandleForNobodyInParticular) {
  GroupTable groups(4);
  const GroupHandle made = groups.add(0, spec_of(Members::list({1, 3})));
  EXPECT_EQ(groups.resolve_any(made), groups.resolve(made, 1));
  EXPECT_EQ(groups.resolve_any(GroupHandle::world), InstanceId::world);
  EXPECT_EQ(groups.resolve_any(GroupHandle::none), InstanceId::none);
}

}  // namespace
}  // namespace gridlock
