// The contracts in harness/contracts against what was recorded about DeepSpeed, and against the probes.

#include "core/mpu/mpu_contract.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "core/base/input_error.h"
#include "core/grid/parallel_grid.h"
#include "core/mpu/mpu_invariant.h"
#include "core/mpu/mpu_probe.h"
#include "core/mpu/restricted_mpu.h"
#include "harness/mpu/contract_reader.h"
#include "harness/read/json_document.h"

namespace gridlock {
namespace {

using nlohmann::json;

const json& recording() {
  static const json contract =
      json::parse(std::ifstream(GRIDLOCK_SOURCE_DIR "/tests/data/mpu_contract.json"));
  return contract;
}

Accessor accessor_of(const json& row) {
  const auto name = row["accessor"].get<std::string>();
  return *accessor_from_name(name.rfind("topology.", 0) == 0 ? "_topo" : name);
}

/// "deepspeed/moe/mappings.py" of "deepspeed/moe/mappings.py:35".
std::string file_of(const std::string& where) { return where.substr(0, where.rfind(':')); }

TEST(MpuContract, HoldsEveryRecordedReadAndNoOther) {
  std::set<std::tuple<std::string, std::string, Accessor>> recorded, held;
  for (const json& row : recording()["accessors"])
    recorded.emplace(row["subsystem"], file_of(row["where"]), accessor_of(row));
  const MpuContract contract = load_contract("deepspeed@0.19.6");
  for (const ContractRead& read : contract.reads) {
    for (Accessor name : read.names) held.emplace(read.subsystem, file_of(read.where), name);
  }
  EXPECT_EQ(held, recorded);
}

TEST(MpuContract, TriesNamesInTheRecordedOrder) {
  std::set<std::vector<Accessor>> orders;
  const MpuContract contract = load_contract("deepspeed@0.19.6");
  for (const ContractRead& read : contract.reads) orders.insert(read.names);
  int chains = 0;
  for (const json& chain : recording()["fallback_chains"]) {
    std::vector<Accessor> names;
    for (const json& name : chain["order"]) {
      // Rows that speak of several names at once are no list of accessors.
      if (const auto accessor = accessor_from_name(name.get<std::string>())) names.push_back(*accessor);
    }
    if (names.size() != chain["order"].size() || names.size() < 2) continue;
    ++chains;
    EXPECT_TRUE(orders.count(names)) << chain["value"];
  }
  EXPECT_EQ(chains, 8);
}

TEST(MpuContract, TheOlderOneReadsOnlyNamesThatWereRecordedForIt) {
  std::set<Accessor> newer;
  for (const json& name : recording()["accessors_new_since_0_14_0"])
    newer.insert(*accessor_from_name(name.get<std::string>()));
  const MpuContract contract = load_contract("deepspeed@0.14.0");
  EXPECT_EQ(contract.reads.size(), 91u);
  for (const ContractRead& read : contract.reads) {
    for (Accessor name : read.names) EXPECT_FALSE(newer.count(name)) << read.where;
  }
}

/// A dump that has the names of `mpu` and a fitting answer to each.
MpuDump dump_of(const Mpu& mpu, RankId rank) {
  MpuDump dump;
  dump.rank = rank;
  dump.creations = std::make_shared<const std::vector<DumpedCreation>>();
  for (const AccessorInfo& info : accessor_table()) {
    if (!mpu.has(info.accessor)) continue;
    DumpedAnswer& answer = dump.answers[static_cast<std::size_t>(info.accessor)];
    for (const DumpedAnswer& fitting :
         {DumpedAnswer(std::int64_t{2}), DumpedAnswer(DumpedNone()), DumpedAnswer(DumpedPresent()),
          DumpedAnswer(std::make_shared<const std::vector<RankId>>()),
          DumpedAnswer(std::make_shared<const std::vector<RankPair>>())}) {
      if (fits_kind(info.accessor, fitting)) answer = fitting;
    }
  }
  return dump;
}

/// Parts of DeepSpeed in which a probe, a re-implementation of the code, misses a name.
std::set<std::string> probes_that_miss(const Mpu& mpu) {
  std::set<std::string> parts;
  for (const Probe& probe : all_probes()) {
    const ProbeValue value = run_probe(probe, &mpu, {0, 8});
    if (value.error() && (accessor_from_name(value.error()->what) ||
                          value.error()->what == "mpu does not support pipeline parallel group"))
      parts.emplace(probe.subsystem);
  }
  return parts;
}

std::set<std::string> contract_parts_that_miss(const Mpu& mpu) {
  std::set<std::string> parts;
  const MpuContract contract = load_contract("deepspeed@0.19.6");
  const MpuDump dump = dump_of(mpu, 0);
  for (const ContractGap& gap : find_contract_gaps(contract, {&dump, 1})) {
    for (const BrokenRead& read : gap.breaks) parts.emplace(read.subsystem);
  }
  return parts;
}

TEST(MpuContract, MissesWhatTheProbesMissForEveryProviderAndForEveryNameThatIsHidden) {
  const auto plan = std::make_shared<const Plan>(
      GridSpec{ProcessTopology({"pipe", "data", "tensor", "sequence"}, {2, 2, 2, 1}), areal_recipe(),
               RankMapping::identity(8)},
      8);
  // Activation checkpointing reads one name on rank 0 only.
  const ParallelGrid grid(plan, 0);
  std::vector<AccessorSet> views;
  for (MpuProvider provider : all_mpu_providers()) views.push_back(provider_accessors(provider));
  for (Accessor hidden : all_accessors()) {
    views.push_back(AccessorSet().set() & ~accessor_bit(hidden));
    for (MpuProvider provider : {MpuProvider::areal_parallel_grid, MpuProvider::megatron_parallel_state})
      views.push_back(provider_accessors(provider) & ~accessor_bit(hidden));
  }
  for (const AccessorSet& view : views) {
    const RestrictedMpu mpu(grid, view);
    EXPECT_EQ(contract_parts_that_miss(mpu), probes_that_miss(mpu)) << view;
  }
}

/// The invariants were written from the sources of 0.19.6.
TEST(MpuContract, TheNewerOneHasEveryHazard) {
  std::vector<std::string> hazards;
  for (const MpuInvariant& invariant : mpu_invariants()) {
    if (invariant.kind == InvariantKind::hazard) hazards.emplace_back(invariant.name);
  }
  EXPECT_EQ(load_contract("deepspeed@0.19.6").hazards, hazards);
}

TEST(MpuContract, RefusesUnknownNames) {
  const auto refusal = [](auto&& action) -> std::string {
    try {
      action();
      return "";
    } catch (const InputError& error) {
      return error.place() + ": " + error.message() + "; " + error.hint();
    }
  };
  EXPECT_EQ(refusal([] { load_contract("deepspeed@0.19.7"); }),
            "contract: there is no contract 'deepspeed@0.19.7'; did you mean 'deepspeed@0.19.6'?");
  const std::string text =
      "{\"format\": \"gridlock-mpu-needs/1\", \"name\": \"x\", \"source\": \"\", \"hazards\": [], \"reads\": "
      "[\n"
      "{\"subsystem\": \"a\", \"where\": \"b\", \"names\": [\"get_stage_ids\"]}]}";
  EXPECT_EQ(
      refusal([&] { read_contract(parse_json(text, "c.json")); }),
      "c.json:2:44: /reads/0/names/0: there is no accessor 'get_stage_ids'; did you mean 'get_stage_id'?");
}

}  // namespace
}  // namespace gridlock
