// Scenarios with mistakes on the real code of GPU ranks, over stand-ins for NCCL and CUDA: what the launcher
// gathers there has to lead to the simulator's verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/read/scenario_files.h"
#include "harness/read/scenario_reader.h"
#include "harness/run/runner.h"
#include "sim/sim_world.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

const std::string kFolder = std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/";

std::vector<std::string> files() {
  return scenario_files(std::vector{kFolder + "must_fail", kFolder + "regressions"});
}

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

/// Which end of a message waits is a matter of which one stands in its first use.
std::string code_text(Code code) {
  const bool is_unmatched = code == Code::P2P_UNMATCHED_SEND || code == Code::P2P_UNMATCHED_RECV;
  return is_unmatched ? "P2P_UNMATCHED" : std::string(code_name(code));
}

std::string verdict(const RunResult& run) {
  std::string text(outcome_name(run.verdict.outcome));
  const Diagnosis* first = deciding_diagnosis(run.verdict);
  if (first == nullptr) return text;
  return text + " " + code_text(first->code) + ", ranks " + first->blame.ranks.to_string();
}

/// Verdicts that are not those of the simulator, and have no reason to be.
std::string other_verdict(const std::string& scenario) {
  static const std::map<std::string, std::string> verdicts{
      // Nothing is buffered here, and a first use needs both hosts: these rely on buffers.
      {"leftover_work", "stall P2P_UNMATCHED, ranks 1"},
      {"one_send_too_many", "stall P2P_UNMATCHED, ranks 2"},
      {"phases_with_one_counter", "stall P2P_CYCLE, ranks 0-1"},
      {"pipeline_table_swapped.fixed", "stall P2P_CYCLE, ranks 0-1"},
      // A real world has no virtual time that a computation takes.
      {"answer_comes_too_late", "passed"},
      // All messages of a group are on one communicator, batched or not.
      {"batched_send_and_single_recv", "passed"},
      // destroy_group leaves the communicator to the end of the run.
      {"destroyed_by_one_in_other_order", "passed"},
  };
  const auto known = verdicts.find(scenario);
  return known == verdicts.end() ? "" : known->second;
}

/// The world of GPUs has no threads of a rank, no faults, no groups that only some ranks make; and messages
/// on Gloo groups need Gloo.
bool fits(const Scenario& scenario) {
  const auto says = [&](const char* text) { return scenario.plain.find(text) != std::string::npos; };
  return !says("\"parallel\": ") && !says("\"faults\": ") && !says("\"split\": ") &&
         !says("\"sync\": \"members\"") && !says("\"gloo\"");
}

class GpuVerdict : public ::testing::TestWithParam<std::string> {};

TEST_P(GpuVerdict, IsThatOfTheSimulator) {
  for (Scenario& cell : load_scenarios(GetParam())) {
    if (!fits(cell)) continue;
    const auto scenario = std::make_shared<const Scenario>(std::move(cell));
    SCOPED_TRACE(scenario->name);
    SimWorld sim;
    StandInWorld gpus;
    RunOptions options = scenario->options;
    options.payload = Payload::data;
    options.real_timeout = std::chrono::milliseconds(100);
    const RunResult real = run_case(scenario, gpus, options, &sim).run;
    const std::string other = other_verdict(stem(GetParam()));
    EXPECT_EQ(verdict(real), other.empty() ? verdict(run_case(scenario, sim, scenario->options).run) : other)
        << real.error;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, GpuVerdict, ::testing::ValuesIn(files()), [](const auto& test) {
  std::string name = stem(test.param);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(GpuVerdicts, OnlyTheseFilesAreForAnotherWorld) {
  std::vector<std::string> left_out;
  for (const std::string& file : files()) {
    const std::vector<Scenario> cells = load_scenarios(file);
    if (std::none_of(cells.begin(), cells.end(), fits)) left_out.push_back(stem(file));
  }
  EXPECT_THAT(left_out,
              ::testing::ElementsAre(
                  "one_thread_is_blocked.fixed", "one_thread_is_blocked", "rl_step_other_order.fixed",
                  "rl_step_other_order", "rl_step_zero_size.fixed", "rl_step_zero_size",
                  "threads_in_other_order.fixed", "threads_in_other_order", "threads_meet_in_one_group.fixed",
                  "threads_meet_in_one_group", "weight_sync_other_order.fixed", "weight_sync_other_order",
                  "weight_sync_zero_size.fixed", "weight_sync_zero_size", "crash_across_nodes.fixed",
                  "crash_across_nodes", "header_left_out_on_gloo.fixed", "header_left_out_on_gloo",
                  "split_in_a_branch.fixed", "split_in_a_branch", "tags_in_other_order_on_gloo",
                  "threads_race_everywhere"));
}

}  // namespace
}  // namespace gridlock
