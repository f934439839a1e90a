#include "harness/mpu/dump_reader.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/base/input_error.h"
#include "core/mpu/dump_check.h"
#include "core/mpu/mpu_probe.h"
#include "harness/mpu/contract_reader.h"
#include "tests/harness/areal_dump.h"

namespace gridlock {
namespace {

using json = nlohmann::ordered_json;
using test::dump_error;

json small() { return test::areal_dump(test::areal_recording("pdt-p2d1t1"), 0); }

DumpCheck check_of(const json& dump) {
  static const MpuContract contract = load_contract("deepspeed@0.19.6");
  return check_dumps(test::read_dump(dump).dumps, contract, {}, {});
}

TEST(MpuDumpReader, RefusesWhatIsNoDumpWithPlaceExpectationAndNearestName) {
  json dump = small();
  dump["format"] = "gridlock-mpu-dump/2";
  EXPECT_EQ(dump_error(dump),
            "dump.json:1:11: /format: expected 'gridlock-mpu-dump/1', got 'gridlock-mpu-dump/2'");
  dump = small();
  dump["ranks"][1]["accessors"]["get_stage_idd"] = {{"value", 1}};
  EXPECT_TRUE(dump_error(dump).ends_with(
      ": /ranks/1/accessors/get_stage_idd: unknown key 'get_stage_idd'; did you mean 'get_stage_id'?"))
      << dump_error(dump);
  dump = small();
  dump["ranks"][1]["accessors"].erase("get_stage_id");
  EXPECT_TRUE(
      dump_error(dump).ends_with(": /ranks/1/accessors: expected an answer for 'get_stage_id', got none"))
      << dump_error(dump);
  dump = small();
  dump["ranks"][0]["accessors"]["get_stage_id"] = {{"vlaue", 1}};
  EXPECT_TRUE(dump_error(dump).ends_with(
      ": /ranks/0/accessors/get_stage_id/vlaue: unknown key 'vlaue'; did you mean 'value'?"))
      << dump_error(dump);
}

TEST(MpuDumpReader, RefusesGroupsAndRanksThatDoNotExist) {
  json dump = small();
  dump["ranks"][0]["accessors"]["get_data_parallel_group"] = {{"group", 6}};
  EXPECT_TRUE(dump_error(dump).ends_with(
      ": /ranks/0/accessors/get_data_parallel_group/group: expected an integer from 0 to 5, got 6"))
      << dump_error(dump);
  dump = small();
  dump["creations"][0][0]["ranks"] = {0, 2};
  EXPECT_TRUE(dump_error(dump).ends_with(": /creations/0/0/ranks/1: expected an integer from 0 to 1, got 2"))
      << dump_error(dump);
  dump = small();
  dump["ranks"][1]["rank"] = 0;
  EXPECT_TRUE(dump_error(dump).ends_with(": /ranks/1/rank: rank 0 is there already")) << dump_error(dump);
  dump = small();
  dump["ranks"].erase(1);
  EXPECT_EQ(dump_error(dump), "dump.json: expected dumps of 2 ranks, got none of rank 1");
}

TEST(MpuDumpReader, ReadsTheKeysOfTheSchema) {
  const json schema =
      json::parse(std::ifstream(GRIDLOCK_SOURCE_DIR "/scenarios/schema/mpu_dump.schema.json"));
  const json& answers = schema["definitions"]["answer"]["properties"];
  for (const auto& [key, type] : answers.items()) {
    json dump = small();
    const bool topology = key == "axes" || key == "digits";
    json& answer = dump["ranks"][0]["accessors"][topology         ? "_topo"
                                                 : key == "calls" ? "stage_to_global"
                                                                  : "get_stage_id"];
    answer = {{key, "?"}};
    if (topology) answer["axes"] = {{"pipe", 2}};
    EXPECT_EQ(dump_error(dump).find("unknown key"), std::string::npos) << key;
  }
  const json dump = small();
  for (const auto& [name, answer] : dump["ranks"][0]["accessors"].items()) {
    for (const auto& [key, value] : answer.items()) EXPECT_TRUE(answers.contains(key)) << key;
  }
  for (const auto& [key, value] : dump.items()) EXPECT_TRUE(schema["properties"].contains(key)) << key;
}

TEST(MpuDumpReader, ReadsAxesOfTheCommandLine) {
  EXPECT_EQ(parse_axes("pipe=2,tensor=4"), (AxisSizes{{"pipe", 2}, {"tensor", 4}}));
  for (const char* bad : {"", "pipe", "pipe=", "pipe=0", "=2", "pipe=2,", "pipe=2,pipe=2", "pipe=2x"})
    EXPECT_THROW(parse_axes(bad), InputError) << bad;
}

/// DeepSpeed's functions on the rebuilt grid of AReaL give what they gave on the real one, errors included.
TEST(MpuDumpReader, ProbesOverDumpsGiveTheRecordedResults) {
  const json contract = json::parse(std::ifstream(GRIDLOCK_SOURCE_DIR "/tests/data/mpu_contract.json"));
  const std::vector<std::tuple<const char*, const char*, RankId>> runs = {
      {"areal_rank5", "pdt-p2d2t2", 5},
      {"areal_offset8_rank13", "map-offset8", 13},
      {"areal_nonmember", "map-offset8", 3}};
  int compared = 0;
  for (const auto& [run, id, rank] : runs) {
    const DumpSet set = test::read_dump(test::areal_dump(test::areal_recording(id), 0));
    const DumpedMpu mpu(set.dumps[static_cast<std::size_t>(rank)]);
    const json& results = contract["run_of_deepspeed_functions"][run];
    for (const Probe& probe : all_probes()) {
      if (!results.contains(probe.name())) continue;
      ++compared;
      const ProbeValue got = run_probe(probe, &mpu, {rank, static_cast<RankId>(set.dumps.size())});
      EXPECT_TRUE(test::is_recorded(got, results[probe.name()]))
          << run << " " << probe.name() << ": " << got.to_string() << " vs " << results[probe.name()];
    }
  }
  EXPECT_EQ(compared, 78);
}

TEST(MpuDumpReader, FindsTheRankThatCreatesItsGroupsInAnotherOrder) {
  json dump = test::areal_dump(test::areal_recording("pdt-p2d2t2"), 0);
  EXPECT_TRUE(check_of(dump).disagreements.empty());
  json swapped = dump["creations"][0];
  std::swap(swapped[4], swapped[6]);
  dump["creations"].push_back(swapped);
  dump["ranks"][3]["creations"] = 1;
  const DumpCheck check = check_of(dump);
  ASSERT_EQ(check.disagreements.size(), 1u);
  EXPECT_EQ(check.disagreements[0].ranks, RankSet({3}));
  EXPECT_EQ(check.disagreements[0].example,
            "creation 5 of 34: on rank 3 it is [1, 3] on nccl, on rank 0 it is [0, 2] on nccl");
  EXPECT_FALSE(check.passed());
}

TEST(MpuDumpReader, GroupsThatOnlyMembersMakeNeedNoOrder) {
  json dump = small();
  json other = dump["creations"][0];
  other.push_back({{"ranks", {1}}, {"backend", "nccl"}, {"local", true}});
  dump["creations"].push_back(other);
  dump["ranks"][1]["creations"] = 1;
  EXPECT_TRUE(check_of(dump).disagreements.empty());
  dump["creations"][1].back().erase("local");
  EXPECT_EQ(check_of(dump).disagreements.size(), 1u);
}

TEST(MpuDumpReader, FindsAMemberThatNeverMakesAGroupOfMembers) {
  json dump = small();
  json more = dump["creations"][0];
  more.push_back({{"ranks", {0, 1}}, {"backend", "nccl"}, {"local", true}});
  dump["creations"].push_back(more);
  dump["ranks"][0]["creations"] = 1;
  const DumpCheck check = check_of(dump);
  ASSERT_EQ(check.disagreements.size(), 1u);
  EXPECT_EQ(check.disagreements[0].ranks, RankSet({1}));
  EXPECT_EQ(check.disagreements[0].example, "rank 0 waits in [0, 1], which rank 1 never makes");
  EXPECT_FALSE(check.passed());
  dump["ranks"][1]["creations"] = 1;
  EXPECT_TRUE(check_of(dump).disagreements.empty());
}

// Three ranks make three pairs, each of them begins with another one.
TEST(MpuDumpReader, FindsACircleOfGroupsOfMembers) {
  json dump = test::areal_dump(test::areal_recording("pdt-p2d2t2"), 0);
  const json common = dump["creations"][0];
  const auto with_pairs = [&](RankId rank, const std::vector<std::vector<RankId>>& pairs) {
    json list = common;
    for (const auto& pair : pairs) list.push_back({{"ranks", pair}, {"backend", "nccl"}, {"local", true}});
    dump["creations"].push_back(list);
    dump["ranks"][static_cast<std::size_t>(rank)]["creations"] = dump["creations"].size() - 1;
  };
  with_pairs(0, {{0, 1}, {0, 2}});
  with_pairs(1, {{1, 2}, {0, 1}});
  with_pairs(2, {{0, 2}, {1, 2}});
  const DumpCheck check = check_of(dump);
  ASSERT_EQ(check.disagreements.size(), 1u);
  EXPECT_EQ(check.disagreements[0].example, "rank 0 waits in [0, 1], which rank 1 makes only after [1, 2]");
  with_pairs(2, {{1, 2}, {0, 2}});
  EXPECT_TRUE(check_of(dump).disagreements.empty());
}

TEST(MpuDumpReader, FindsValuesThatAreNotTheComputedOnes) {
  json dump = test::areal_dump(test::areal_recording("pdt-p2d2t2"), 0);
  dump["ranks"][6]["accessors"]["get_stage_id"] = {{"value", 0}};
  dump["ranks"][6]["accessors"]["get_data_parallel_world_size"] = {{"value", 4}};
  dump["ranks"][6]["accessors"]["get_pipe_parallel_rank"] = {{"type", "str"}, {"text", "'1'"}};
  const DumpCheck check = check_of(dump);
  ASSERT_EQ(check.algebra.mismatches.size(), 2u);
  EXPECT_EQ(check.algebra.mismatches[0].example, "rank 6: expected 2, got 4");
  EXPECT_EQ(check.algebra.mismatches[1].accessor, Accessor::get_stage_id);
  EXPECT_EQ(check.algebra.mismatches[1].ranks, RankSet({6}));
  ASSERT_EQ(check.disagreements.size(), 1u);
  EXPECT_EQ(check.disagreements[0].example, "4 on rank 6, but 2 on rank 0");
}

}  // namespace
}  // namespace gridlock
