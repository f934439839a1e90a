// Every read that was found in DeepSpeed's sources is made by a probe of that subsystem and file.

#include <gmock/gmock.h>

#include <set>
#include <tuple>

#include "core/mpu/accessor_table.h"
#include "core/mpu/mpu_probe.h"
#include "testing/mock_mpu.h"
#include "tests/core/mpu/mpu_contract.h"
#include "tests/core/mpu/mpu_grids.h"

namespace gridlock {
namespace {

using test::mpu_contract;
using ::testing::_;
using ::testing::NiceMock;
using ::testing::Return;

/// The names that a probe asks for or reads on an object that has all names but `hidden`.
std::set<Accessor> touched(const Probe& probe, const AccessorSet& hidden, const ParallelGrid& grid) {
  NiceMock<testing::MockMpu> mpu;
  std::set<Accessor> names;
  ON_CALL(mpu, has(_)).WillByDefault([&](Accessor name) {
    names.insert(name);
    return !hidden.test(static_cast<std::size_t>(name));
  });
  ON_CALL(mpu, get_pipeline_model_parallel_world_size()).WillByDefault(Return(2));
  ON_CALL(mpu, get_pipe_parallel_world_size()).WillByDefault(Return(2));
  ON_CALL(mpu, attribute_number(_)).WillByDefault(Return(2));
  ON_CALL(mpu, attribute_topo()).WillByDefault([&] { return grid.attribute_topo(); });
  ON_CALL(mpu, attribute_p2p_groups()).WillByDefault([&] { return grid.attribute_p2p_groups(); });
  run_probe(probe, &mpu, {0, 8});
  return names;
}

/// All names that a probe can come to with up to three names missing.
void explore(const Probe& probe, const AccessorSet& hidden, const ParallelGrid& grid,
             std::set<Accessor>& names) {
  const std::set<Accessor> found = touched(probe, hidden, grid);
  names.insert(found.begin(), found.end());
  if (hidden.count() == 3) return;
  for (Accessor name : found) {
    if ((hidden & accessor_bit(name)).none()) explore(probe, hidden | accessor_bit(name), grid, names);
  }
}

TEST(MpuCoverage, EveryRecordedReadIsMadeByAProbeOfItsSubsystemAndFile) {
  const ParallelGrid grid = test::areal_grid(0);
  std::set<std::tuple<std::string, std::string, Accessor>> made;
  for (const Probe& probe : all_probes()) {
    std::set<Accessor> names;
    explore(probe, {}, grid, names);
    for (Accessor name : names) made.emplace(probe.subsystem, probe.file, name);
  }
  int rows = 0;
  for (const auto& row : mpu_contract()["accessors"]) {
    const auto name = row["accessor"].get<std::string>();
    const Accessor accessor = *accessor_from_name(name.rfind("topology.", 0) == 0 ? "_topo" : name);
    EXPECT_TRUE(made.count({row["subsystem"].get<std::string>(), test::file_of(row["where"]), accessor}))
        << row.dump();
    ++rows;
  }
  EXPECT_EQ(rows, 165);
}

TEST(MpuCoverage, ProbeNamesAreUniqueAndEveryRecordedFunctionIsAProbe) {
  std::set<std::string> names;
  for (const Probe& probe : all_probes()) EXPECT_TRUE(names.insert(probe.name()).second) << probe.name();
  for (const auto& [key, run] : mpu_contract()["run_of_deepspeed_functions"].items()) {
    for (const auto& [name, value] : run.items()) EXPECT_TRUE(names.count(name)) << key << " " << name;
  }
}

}  // namespace
}  // namespace gridlock
