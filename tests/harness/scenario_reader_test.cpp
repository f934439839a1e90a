#include "harness/read/scenario_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

std::vector<std::string> shipped_scenarios() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(GRIDLOCK_SOURCE_DIR "/scenarios")) {
    const std::string path = entry.path().string();
    if (path.ends_with(".json") && !path.ends_with(".schema.json")) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(ScenarioReader, EveryShippedScenarioIsReadAndItsPlainFormReadsTheSame) {
  const ScenarioFolder folder;
  const std::vector<std::string> paths = shipped_scenarios();
  EXPECT_FALSE(paths.empty());
  for (const std::string& path : paths) {
    // One cell of each matrix is enough for the plain form.
    const Scenario scenario = load_scenarios(path).front();
    folder.write("plain.json", scenario.plain);
    EXPECT_EQ(folder.error("plain.json"), "") << path;
    const std::vector<Scenario> again = folder.load("plain.json");
    EXPECT_EQ(again.size(), 1u) << path;
    EXPECT_EQ(again[0].plain, scenario.plain) << path;
    EXPECT_EQ(again[0].name, scenario.name) << path;
  }
}

TEST(ScenarioReader, OptionsAndExpectationsAreRead) {
  const Scenario scenario =
      scenario_from(R"({"name": "n", "description": "d", "world": {"ranks": 4}, "seed": 9,
"payload": "shape", "semantics": {"send_capacity_bytes": 10, "stream_depth_max": 3},
"cost": {"latency_ns": 7, "bytes_per_us": 8}, "limits": {"steps": 100, "real_timeout_ms": 200}, "programs": [],
"expect": {"outcome": "stall", "diagnosis": "COLL_MISSING_RANK", "blame": "1-2", "relation": "tie",
"warnings": ["GROUP_RANK_ORDER_SURPRISE"]}})");
  EXPECT_EQ(scenario.options.seed, 9u);
  EXPECT_EQ(scenario.options.payload, Payload::shape);
  EXPECT_EQ(scenario.options.semantics.send_capacity_bytes, 10);
  EXPECT_EQ(scenario.options.semantics.stream_depth_max, 3);
  EXPECT_EQ(scenario.options.cost.latency, Nanos(7));
  EXPECT_EQ(scenario.options.step_max, 100);
  EXPECT_EQ(scenario.options.real_timeout, std::chrono::milliseconds(200));
  EXPECT_EQ(scenario.expect.outcome, Outcome::stall);
  EXPECT_EQ(scenario.expect.diagnosis, Code::COLL_MISSING_RANK);
  EXPECT_EQ(scenario.expect.blame, (RankSet{1, 2}));
  EXPECT_EQ(scenario.expect.relation, Relation::tie);
  EXPECT_EQ(scenario.expect.warnings, (std::vector<Code>{Code::GROUP_RANK_ORDER_SURPRISE}));
}

TEST(ScenarioReader, WithoutAnExpectationTheRunPasses) {
  const Scenario scenario = scenario_from(R"({"world": {"ranks": 1}, "programs": []})");
  EXPECT_EQ(scenario.name, "s");
  EXPECT_EQ(scenario.expect.outcome, Outcome::passed);
  EXPECT_EQ(scenario.expect.warnings, std::nullopt);
}

std::string root_error(const std::string& more) {
  return error_for("{\"world\": {\"ranks\": 4}, \"programs\": [],\n" + more + "}");
}

TEST(ScenarioReader, MistakesAtTheRootAreNamed) {
  EXPECT_EQ(root_error(R"("program": [])"),
            "s.json:2:1: /program: unknown key 'program'\n  hint: did you mean 'programs'?");
  EXPECT_EQ(root_error(R"("expect": {"outcome": "stal"})"),
            "s.json:2:23: /expect/outcome: there is no outcome 'stal'\n  hint: did you mean 'stall'?");
  EXPECT_EQ(root_error(R"("expect": {"outcome": "stall", "diagnosis": "COLL_MISING_RANK"})"),
            "s.json:2:45: /expect/diagnosis: there is no diagnosis 'COLL_MISING_RANK'\n"
            "  hint: did you mean 'COLL_MISSING_RANK'?");
  EXPECT_EQ(root_error(R"("expect": {"blame": [1]})"),
            "s.json:2:12: /expect/blame: a run that passes has no error diagnosis\n"
            "  hint: expect warnings, or another outcome");
  EXPECT_EQ(root_error(R"("payload": "bytes")"),
            "s.json:2:12: /payload: there is no payload 'bytes'\n  hint: known: data, shape");
  EXPECT_EQ(root_error(R"("seed": -1)"),
            "s.json:2:9: /seed: expected an integer from 0 to 9223372036854775807, got -1");
}

TEST(ScenarioReader, ExpectStepsAreRead) {
  const Scenario scenario = scenario_from(with_steps(
      R"({"expect": {"accessor": "actor.get_stage_id", "value": {"by": "actor.pipe", "values": [0, 1]}}},
{"expect": {"accessor": "actor.get_data_parallel_group_ranks", "value": [0, 2]}, "only": 0},
{"expect": {"members": "actor.data", "ranks": {"by": "actor.pipe", "values": [[0, 2], []]}}},
{"expect": {"members": "actor.tensor", "ranks": null}})"));
  const auto expect = [&](std::size_t i) {
    return std::get<ExpectAction>(scenario.programs[0].steps[i].action);
  };
  EXPECT_EQ(std::get<Number>(std::get<ExpectAccessor>(expect(0)).value).tables[0].values,
            (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(std::get<PerAxis<std::vector<RankId>>>(std::get<ExpectAccessor>(expect(1)).value).values[0],
            (std::vector<RankId>{0, 2}));
  EXPECT_EQ(std::get<ExpectMembers>(expect(2)).members.values,
            (std::vector<Members>{Members::list({0, 2}), {}}));
  EXPECT_TRUE(std::get<ExpectMembers>(expect(3)).members.values[0].empty());
}

TEST(ScenarioReader, MistakesInExpectStepsAreNamed) {
  EXPECT_EQ(error_for(with_steps(R"({"expect": {"accessor": "actor.get_stage", "value": 0}})")),
            "s.json:2:25: /programs/0/steps/0/expect/accessor: there is no accessor 'actor.get_stage'\n"
            "  hint: did you mean 'actor.get_stage_id'?");
  EXPECT_EQ(error_for(with_steps(R"({"expect": {"member": "actor.data", "ranks": [0]}})")),
            "s.json:2:13: /programs/0/steps/0/expect/member: 'member' says nothing that can be expected\n"
            "  hint: did you mean 'members'?");
  EXPECT_EQ(error_for(with_steps(R"({"fill": {"buffer": "x", "count": 1}}, {"expect": {"buffer": "x"}})")),
            "s.json:2:51: /programs/0/steps/1/expect: expected either 'value' or 'values'");
}

}  // namespace
}  // namespace gridlock
