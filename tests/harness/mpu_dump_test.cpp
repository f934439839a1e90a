// Dumps rebuilt from the recorded grids of AReaL: the checker must find what was recorded about them.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "core/mpu/dump_check.h"
#include "harness/mpu/contract_reader.h"
#include "tests/harness/areal_dump.h"

namespace gridlock {
namespace {

using json = nlohmann::ordered_json;
using Reads = std::set<std::pair<std::string, std::string>>;

const json& recording() {
  static const json contract =
      json::parse(std::ifstream(GRIDLOCK_SOURCE_DIR "/tests/data/mpu_contract.json"));
  return contract;
}

/// (accessor, subsystem) of all recorded reads that nothing guards and the provider cannot answer, unless a
/// name that is tried before is there: the chains of bwc end in a read without a guard.
Reads recorded_gaps(const std::string& provider) {
  const auto has = [&](const std::string& name) {
    return recording()["providers"][name][provider].get<bool>();
  };
  Reads gaps;
  for (const json& row : recording()["accessors"]) {
    const auto name = row["accessor"].get<std::string>();
    if (name.rfind("topology.", 0) == 0 || row["guarded"] || has(name)) continue;
    bool rescued = false;
    for (const json& other : recording()["accessors"]) {
      // "chain place 1 of 3" at the same line of the same part.
      rescued =
          rescued || (other["where"] == row["where"] && other["guard"].is_string() && has(other["accessor"]));
    }
    if (!rescued) gaps.emplace(name, row["subsystem"]);
  }
  return gaps;
}

Reads missing_reads(const DumpCheck& check) {
  Reads reads;
  for (const ContractGap& gap : check.gaps) {
    if (gap.kind != GapKind::missing) continue;
    for (const BrokenRead& read : gap.breaks) reads.emplace(accessor_name(gap.accessor), read.subsystem);
  }
  return reads;
}

std::set<std::string> names_of(const Reads& reads) {
  std::set<std::string> names;
  for (const auto& [name, subsystem] : reads) names.insert(name);
  return names;
}

DumpCheck check_of(const json& dump, const std::string& contract = "deepspeed@0.19.6",
                   const AxisSizes& axes = {}) {
  static std::map<std::string, MpuContract> contracts;
  const auto [place, is_new] = contracts.try_emplace(contract);
  if (is_new) place->second = load_contract(contract);
  return check_dumps(test::read_dump(dump).dumps, place->second, axes, {});
}

/// Calls `visit(scenario, grid)` for every recorded grid.
template <typename Visit>
int for_each_grid(Visit visit) {
  int count = 0;
  for (const json& scenario : test::areal_recordings()) {
    for (std::size_t grid = 0; grid < scenario["grids"].size(); ++grid, ++count) {
      SCOPED_TRACE(scenario["id"].get<std::string>() + " grid " + std::to_string(grid));
      visit(scenario, grid);
    }
  }
  return count;
}

bool is_increasing(const json& mapping) {
  for (std::size_t i = 1; i < mapping.size(); ++i) {
    if (mapping[i][1] < mapping[i - 1][1]) return false;
  }
  return true;
}

TEST(MpuDump, RecordedGridsHaveExactlyTheRecordedGaps) {
  const Reads recorded = recorded_gaps("areal_ParallelGrid");
  EXPECT_EQ(recorded.size(), 14u);
  const int grids = for_each_grid([&](const json& scenario, std::size_t grid) {
    const DumpCheck check = check_of(test::areal_dump(scenario, grid));
    EXPECT_EQ(missing_reads(check), recorded);
    for (const ContractGap& gap : check.gaps) {
      if (gap.kind == GapKind::missing) EXPECT_EQ(gap.ranks.size(), scenario["world"].get<std::size_t>());
    }
  });
  EXPECT_EQ(grids, 31);
}

/// The size raises on ranks outside the model (the finding nonmember-raise), tied layers inside it.
TEST(MpuDump, WhatRaisesIsFoundOnTheRanksWhereItRaised) {
  for_each_grid([&](const json& scenario, std::size_t place) {
    const json& grid = scenario["grids"][place];
    std::vector<RankId> outside, inside;
    for (std::size_t rank = 0; rank < grid["attr"]["global_rank"].size(); ++rank)
      (grid["attr"]["global_rank"][rank] == -1 ? outside : inside).push_back(static_cast<RankId>(rank));
    std::map<Accessor, RankSet> raises;
    for (const ContractGap& gap : check_of(test::areal_dump(scenario, place)).gaps) {
      if (gap.kind != GapKind::missing) raises[gap.accessor] = gap.ranks;
    }
    std::map<Accessor, RankSet> expected = {{Accessor::stage_to_global, RankSet(inside)}};
    if (!outside.empty()) expected[Accessor::get_model_parallel_world_size] = RankSet(outside);
    EXPECT_EQ(raises, expected);
  });
}

/// FakeGrid answers sizes and ranks, raises for groups and lacks the rest.
TEST(MpuDump, TheFakeGridLacksWhatIsRecordedAndRaisesForItsThreeGroups) {
  const Reads recorded = recorded_gaps("areal_FakeGrid");
  const DumpCheck check = check_of(test::fake_grid_dump(test::areal_recording("pdt-p2d2t2"), 0));
  std::set<Accessor> raising;
  for (const ContractGap& gap : check.gaps) {
    if (gap.kind == GapKind::raises) raising.insert(gap.accessor);
  }
  const Reads missing = missing_reads(check);
  // Reads behind a hasattr of another name are not told by their rows; the names are.
  EXPECT_TRUE(std::includes(recorded.begin(), recorded.end(), missing.begin(), missing.end()));
  EXPECT_EQ(names_of(missing), names_of(recorded));
  EXPECT_EQ(raising, (std::set{Accessor::get_tensor_model_parallel_group, Accessor::get_pipe_parallel_group,
                               Accessor::get_data_parallel_group}));
}

TEST(MpuDump, OlderDeepSpeedMissesOnlyWhatItReadAlready) {
  const Reads gaps =
      missing_reads(check_of(test::areal_dump(test::areal_recording("pdt-p2d2t2"), 0), "deepspeed@0.14.0"));
  std::set<std::string> recorded;
  for (const json& row : recording()["accessors"]) {
    // AutoTP, Ulysses' module and the fast writer came later, with all their reads.
    if (row["guarded"] || row["in_areal"] || !row["in_deepspeed_0_14_0"]) continue;
    if (row["subsystem"].get<std::string>().rfind("Ulysses", 0) != 0) recorded.insert(row["accessor"]);
  }
  EXPECT_EQ(names_of(gaps), recorded);
  // What 0.19.6 reads with a fallback, 0.14.0 read without one (runtime/bf16_optimizer.py:458).
  EXPECT_TRUE(gaps.count({"get_slice_parallel_world_size", "universal checkpoint"}));
}

TEST(MpuDump, IncreasingMappingsFitTheAlgebraAndEachOther) {
  int sound = 0;
  for_each_grid([&](const json& scenario, std::size_t place) {
    const json& mapping = scenario["grids"][place]["rank_mapping"];
    if (!mapping.is_null() && !is_increasing(mapping)) return;
    ++sound;
    const DumpCheck check = check_of(test::areal_dump(scenario, place));
    EXPECT_EQ(check.grid.origin, "from _topo");
    EXPECT_TRUE(check.algebra.mismatches.empty()) << to_text(check, {});
    EXPECT_GT(check.algebra.compared, 20 * check.world_size);
    EXPECT_TRUE(check.disagreements.empty()) << to_text(check, {});
    for (const MpuViolation& violation : check.violations)
      EXPECT_EQ(violation.invariant->kind, InvariantKind::hazard) << violation.invariant->name;
  });
  EXPECT_EQ(sound, 29);
}

/// The finding rank-mapping: handles of groups that the holder is not in, recorded rank by rank.
TEST(MpuDump, GroupsThatTheirHolderIsNotInAreFoundOnTheRecordedRanks) {
  for (const char* id : {"map-reversed", "map-pair-swap"}) {
    const json scenario = test::areal_recording(id);
    std::vector<RankId> recorded;
    for (const json& handle : scenario["grids"][0]["held_but_not_member"]) recorded.push_back(handle[0]);
    const DumpCheck check = check_of(test::areal_dump(scenario, 0));
    RankSet found;
    for (const MpuViolation& violation : check.violations) {
      if (violation.invariant->name == "own_group") found = violation.ranks;
    }
    EXPECT_EQ(found, RankSet(recorded)) << id;
    EXPECT_FALSE(check.algebra.mismatches.empty()) << id;
    EXPECT_FALSE(check.passed()) << id;
  }
}

}  // namespace
}  // namespace gridlock
