// Every read that was found in DeepSpeed's sources is made by a probe of that subsystem and file.

#include <gmock/gmock.h>

#include <set>
#include <tuple>

#include "core/accessor_table.h"
#include "core/mpu_probe.h"
#include "testing/mock_mpu.h"
#include "tests/core/mpu_contract.h"
#include "tests/core/mpu_grids.h"

namespace gridlock {
namespace {

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

/// All names that a probe can come to: hides what it has touched, one name after the other, until nothing new
/// shows.
std::set<Accessor> all_touched(const Probe& probe, const ParallelGrid& grid) {
  std::set<Accessor> names = touched(probe, {}, grid);
  for (std::size_t before = 0; before != names.size();) {
    before = names.size();
    const std::set<Accessor> known = names;
    AccessorSet hidden;
    for (Accessor name : known) {
      names.merge(touched(probe, accessor_bit(name), grid));
      names.merge(touched(probe, hidden |= accessor_bit(name), grid));
    }
  }
  return names;
}

TEST(MpuCoverage, EveryRecordedReadIsMadeByAProbeOfItsSubsystemAndFile) {
  const ParallelGrid grid = test::areal_grid(0);
  std::set<std::tuple<std::string, std::string, Accessor>> made;
  for (const Probe& probe : all_probes()) {
    for (Accessor name : all_touched(probe, grid)) {
      made.emplace(probe.subsystem, probe.file, name);
    }
  }
  int rows = 0;
  for (const auto& row : mpu_contract()["accessors"]) {
    const auto name = row["accessor"].get<std::string>();
    const Accessor accessor = *accessor_from_name(name.rfind("topology.", 0) == 0 ? "_topo" : name);
    EXPECT_TRUE(made.count({row["subsystem"], test::file_of(row["where"]), accessor})) << row.dump();
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
