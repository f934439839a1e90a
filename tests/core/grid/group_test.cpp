#include "core/grid/group.h"

#include <gtest/gtest.h>

#include <set>

namespace gridlock {
namespace {

GroupSpec spec_of(const Members& members, BackendKind backend = BackendKind::nccl) {
  GroupSpec spec;
  spec.members = members;
  spec.backend = backend;
  return spec;
}

TEST(Group, backend_names_go_both_ways) {
  for (const BackendKind backend : {BackendKind::nccl, BackendKind::gloo}) {
    EXPECT_EQ(backend_from_name(backend_name(backend)), backend);
  }
  EXPECT_EQ(backend_from_name("mpi"), std::nullopt);
}

TEST(Group, equal_creations_have_equal_keys_whatever_form_the_members_have) {
  const GroupKey world = world_group_key(8);
  EXPECT_EQ(group_key(world, 3, spec_of(Members::range(2, 4))),
            group_key(world, 3, spec_of(Members::list({5, 4, 3, 2}))));
}

TEST(Group, keys_differ_when_any_part_of_the_identity_does) {
  const GroupKey world = world_group_key(8);
  const GroupSpec spec = spec_of(Members::range(0, 4));
  const std::set<GroupKey> keys{world,
                                world_group_key(9),
                                group_key(world, 0, spec),
                                group_key(world, 1, spec),
                                group_key(world_group_key(9), 0, spec),
                                group_key(group_key(world, 0, spec), 0, spec),
                                group_key(world, 0, spec_of(Members::range(0, 5))),
                                group_key(world, 0, spec_of(Members::list({0, 1, 3, 6}))),
                                group_key(world, 0, spec_of(Members::range(0, 4), BackendKind::gloo))};
  EXPECT_EQ(keys.size(), 9U);
}

TEST(Group, name_and_timeout_are_no_part_of_the_identity) {
  const GroupKey world = world_group_key(8);
  GroupSpec named = spec_of(Members::range(0, 4));
  named.name = "tensor";
  named.timeout = std::chrono::seconds(30);
  EXPECT_EQ(group_key(world, 0, named), group_key(world, 0, spec_of(Members::range(0, 4))));
}

TEST(Group, a_key_prints_as_32_hexadecimal_digits) {
  EXPECT_EQ(to_string(GroupKey{0xab, 1}), "00000000000000ab0000000000000001");
}

TEST(Group, the_groups_of_a_grid_wait_two_hours_by_default) {
  EXPECT_EQ(GroupSpec{}.timeout, std::chrono::seconds(7200));
}

}  // namespace
}  // namespace gridlock
