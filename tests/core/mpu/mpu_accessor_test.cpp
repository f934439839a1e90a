#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/mpu/accessor_table.h"
#include "tests/core/mpu/mpu_contract.h"

namespace gridlock {
namespace {

using test::mpu_contract;

TEST(MpuAccessor, EveryNameFindsItsAccessorAgain) {
  std::set<std::string> names;
  for (Accessor accessor : all_accessors()) {
    names.insert(std::string(accessor_name(accessor)));
    EXPECT_EQ(accessor_from_name(accessor_name(accessor)), accessor);
  }
  EXPECT_EQ(names.size(), kAccessorCount);
  EXPECT_EQ(accessor_from_name("get_tensor_rank"), std::nullopt);
}

TEST(MpuAccessor, EveryNameThatDeepSpeedReadsIsAnAccessor) {
  for (const auto& row : mpu_contract()["accessors"]) {
    const auto name = row["accessor"].get<std::string>();
    // Methods of the topology object are reached through the attribute _topo.
    EXPECT_TRUE(accessor_from_name(name.rfind("topology.", 0) == 0 ? "_topo" : name)) << name;
  }
}

TEST(MpuAccessor, TheTableKnowsWhichProviderHasWhichName) {
  const char* const columns[] = {"areal_ParallelGrid", "areal_FakeGrid",       "ds_PipelineParallelGrid",
                                 "ds_groups_module",   "ds_parallel_state_sp", "mcore_parallel_state"};
  for (MpuProvider provider : all_mpu_providers()) {
    const AccessorSet names = provider_accessors(provider);
    for (const auto& [name, row] : mpu_contract()["providers"].items()) {
      const bool recorded = row[columns[static_cast<std::size_t>(provider)]].get<bool>();
      EXPECT_EQ((names & accessor_bit(*accessor_from_name(name))).any(), recorded) << name;
    }
  }
}

TEST(MpuAccessor, TheTableKnowsWhichNamesAreNewerThanDeepSpeed0140) {
  std::set<std::string> recorded, table;
  for (const auto& name : mpu_contract()["accessors_new_since_0_14_0"]) recorded.insert(name);
  for (const AccessorInfo& row : accessor_table()) {
    if (!row.since_0_14) table.insert(std::string(accessor_name(row.accessor)));
  }
  EXPECT_EQ(table, recorded);
}

TEST(MpuAccessor, TheTableHasOneRowPerAccessorWithAMeaning) {
  ASSERT_EQ(accessor_table().size(), kAccessorCount);
  for (Accessor accessor : all_accessors()) {
    EXPECT_EQ(accessor_info(accessor).accessor, accessor);
    EXPECT_FALSE(accessor_info(accessor).meaning.empty());
  }
}

}  // namespace
}  // namespace gridlock
