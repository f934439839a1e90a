#include "harness/lint/lint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

/// Scenarios that differ in one thing; only the first one has the finding.
struct LintCase {
  LintCode code;
  std::string world;
  std::string fires;
  std::string quiet;
};

std::string grid(const std::string& axes, const std::string& more = "") {
  return R"({"recipe": "areal", "topology": {)" + axes + "}" + (more.empty() ? "" : ", " + more) + "}";
}
std::string megatron(const std::string& axes, const std::string& more = "") {
  return R"({"recipe": "megatron", "topology": {)" + axes + "}" + (more.empty() ? "" : ", " + more) + "}";
}
std::string model(const std::string& facts) { return "\"model\": {" + facts + "}"; }
std::string experts(const std::string& axes) { return R"("views": {"expert": {)" + axes + "}}"; }

const std::string kCube = R"("pipe": 2, "data": 2, "tensor": 2)";
const std::string kDataOnly = R"("pipe": 1, "data": 8, "tensor": 1)";
const std::string kEight = R"({"ranks": 8, "ranks_per_node": 8})";
const std::string kNodesOfFour = R"({"ranks": 8, "ranks_per_node": 4})";

std::vector<LintCase> lint_cases() {
  const std::string in_order = R"("pipe": 2, "expert_data": 2, "expert": 2)";
  const std::string twisted = R"("expert_data": 2, "pipe": 2, "expert": 2)";
  const auto cube = [](const std::string& facts) { return grid(kCube, model(facts)); };
  const auto context = [](const std::string& facts) {
    return megatron(R"("pipe": 1, "data": 2, "context": 4, "tensor": 1)", model(facts));
  };
  const auto data = [](int size) {
    return grid(R"("pipe": 1, "data": )" + std::to_string(size) + R"(, "tensor": 1)");
  };
  return {
      {LintCode::LAYERS_NOT_DIVISIBLE, kEight, cube(R"("layers": 6, "virtual_stages": 2)"),
       cube(R"("layers": 8, "virtual_stages": 2)")},
      {LintCode::HEADS_NOT_DIVISIBLE, kEight, cube(R"("attention_heads": 8, "query_groups": 3)"),
       cube(R"("attention_heads": 8, "query_groups": 2)")},
      // Fewer heads of keys and values than tensor ranks are copied (Megatron core 0.16.1, attention.py).
      {LintCode::HEADS_NOT_DIVISIBLE, kEight, cube(R"("attention_heads": 7, "query_groups": 1)"),
       cube(R"("attention_heads": 8, "query_groups": 1)")},
      {LintCode::LAYERS_NOT_DIVISIBLE, kEight,
       cube(R"("layers": 7, "first_stage_layers": 4, "last_stage_layers": 4)"),
       cube(R"("layers": 7, "first_stage_layers": 4)")},
      {LintCode::HIDDEN_NOT_DIVISIBLE, kEight, cube(R"("hidden_size": 34, "attention_heads": 4)"),
       cube(R"("hidden_size": 34, "attention_heads": 4, "head_size": 64)")},
      {LintCode::SEQUENCE_NOT_DIVISIBLE, kEight, cube(R"("sequence_length": 33, "sequence_ranks": 2)"),
       cube(R"("sequence_length": 34, "sequence_ranks": 2)")},
      {LintCode::HIDDEN_NOT_DIVISIBLE, kEight, cube(R"("feed_forward_size": 33)"),
       cube(R"("hidden_size": 33, "feed_forward_size": 34)")},
      {LintCode::SEQUENCE_NOT_DIVISIBLE, kEight, context(R"("sequence_length": 20)"),
       context(R"("sequence_length": 24)")},
      {LintCode::EXPERTS_NOT_DIVISIBLE, kEight,
       grid(kCube, experts(in_order) + ", " + model(R"("experts": 5)")),
       grid(kCube, experts(in_order) + ", " + model(R"("experts": 6)"))},
      {LintCode::BATCH_NOT_DIVISIBLE, kEight, cube(R"("global_batch": 30, "micro_batch": 4)"),
       cube(R"("global_batch": 32, "micro_batch": 4)")},
      {LintCode::VIRTUAL_STAGES_NOT_USABLE, kEight, cube(R"("virtual_stages": 2, "micro_batches": 3)"),
       cube(R"("virtual_stages": 2, "micro_batches": 4)")},
      {LintCode::FEW_MICRO_BATCHES, kEight, cube(R"("micro_batches": 1)"), cube(R"("micro_batches": 2)")},
      {LintCode::EXPERT_STAGES_DIFFER, kEight, grid(kCube, experts(twisted)), grid(kCube, experts(in_order))},
      {LintCode::EXPERT_GROUPS_IGNORE_MAPPING, kEight,
       grid(kCube, experts(in_order) + R"(, "ranks": [0, 1, 4, 5, 2, 3, 6, 7])"),
       grid(kCube, R"("ranks": [0, 1, 4, 5, 2, 3, 6, 7])")},
      {LintCode::GROUP_ORDER_SURPRISE, kEight, grid(kCube, R"("ranks": [1, 0, 2, 3, 4, 5, 6, 7])"),
       grid(kCube, R"("ranks": [0, 1, 2, 3, 4, 5, 6, 7])")},
      {LintCode::TENSOR_CROSSES_NODE, kNodesOfFour, grid(R"("pipe": 1, "data": 1, "tensor": 8)"),
       grid(R"("pipe": 1, "data": 2, "tensor": 4)")},
      {LintCode::EXPERT_CROSSES_NODE, kNodesOfFour,
       megatron(kDataOnly, experts(R"("pipe": 1, "expert_data": 1, "expert": 8, "expert_tensor": 1)")),
       megatron(kDataOnly, experts(R"("pipe": 1, "expert_data": 2, "expert": 4, "expert_tensor": 1)"))},
      {LintCode::EMBEDDING_CROSSES_NODE, kNodesOfFour, grid(R"("pipe": 2, "data": 4, "tensor": 1)"),
       grid(R"("data": 4, "pipe": 2, "tensor": 1)")},
      {LintCode::UNUSED_RANKS, kEight, data(7), data(8)},
      {LintCode::MANY_CREATIONS, R"({"ranks": 4096})", megatron(R"("pipe": 2, "data": 2048, "tensor": 1)"),
       grid(R"("pipe": 2, "data": 512, "tensor": 4)")},
      {LintCode::MANY_GLOO_CONNECTIONS, R"({"ranks": 1024})", data(1024),
       grid(R"("pipe": 1, "data": 1024, "tensor": 1)", R"("gloo_twins": false)")},
      {LintCode::COMMUNICATOR_MEMORY, R"({"ranks": 64})",
       megatron(R"("pipe": 2, "data": 4, "context": 4, "tensor": 2)",
                experts(R"("pipe": 2, "expert_data": 4, "expert": 4, "expert_tensor": 2)")),
       grid(R"("pipe": 1, "data": 32, "tensor": 2)")},
  };
}

LintReport report_of(const std::string& world, const std::string& grid) {
  return lint(
      scenario_from("{\"world\": " + world + ", \"grids\": {\"g\": " + grid + "}, \"programs\": []}"));
}

std::set<LintCode> codes_of(const LintReport& report) {
  std::set<LintCode> codes;
  for (const LintFinding& finding : report.findings) codes.insert(finding.code);
  return codes;
}

TEST(Lint, every_code_fires_on_one_scenario_and_stays_quiet_on_its_twin) {
  std::set<LintCode> tried;
  for (const LintCase& one : lint_cases()) {
    const std::string_view name = lint_info(one.code).name;
    EXPECT_EQ(codes_of(report_of(one.world, one.fires)).count(one.code), 1U) << name << one.fires;
    EXPECT_EQ(codes_of(report_of(one.world, one.quiet)).count(one.code), 0U) << name << one.quiet;
    tried.insert(one.code);
  }
  EXPECT_EQ(tried.size(), all_lints().size());
}

TEST(Lint, a_plain_grid_on_one_node_has_nothing_to_complain_about) {
  EXPECT_TRUE(report_of(kEight, grid(kCube)).findings.empty());
}

TEST(Lint, findings_name_sizes_and_groups) {
  const auto first_text = [](const std::string& world, const std::string& grid) {
    return report_of(world, grid).findings.at(0).text;
  };
  EXPECT_EQ(first_text(kNodesOfFour, grid(R"("pipe": 1, "data": 1, "tensor": 8)")),
            "1 of 1 tensor groups cross a node of 4 ranks, the first is [0, 1, 2, 3, 4, 5, 6, 7]");
  EXPECT_EQ(first_text(kEight, grid(kCube, model(R"("layers": 6, "virtual_stages": 2)"))),
            "6 layers on 2 stages x 2 virtual stages");
  EXPECT_EQ(
      first_text(kEight, grid(kCube, model(R"("global_batch": 8, "micro_batch": 1, "micro_batches": 2)"))),
      "the global batch is 8, but micro-batch 1 x 2 micro-batches x 2 data ranks are 4");
  EXPECT_EQ(first_text(kEight, grid(kCube, experts(R"("pipe": 2, "expert_data": 2, "expert": 2)") +
                                               R"(, "ranks": [0, 1, 4, 5, 2, 3, 6, 7])")),
            "the mapping is [0, 1, 4, 5, 2, 3, 6, 7], expert groups are made as if it were the identity: "
            "expert_data "
            "group [0, 2] joins stage 0 and stage 1");
}

// A model on the second half of the world: DeepSpeed's groups reach into the first half.
TEST(Lint, expert_groups_of_a_model_on_a_part_of_the_world_join_others) {
  const LintReport report = report_of(
      kEight, grid(R"("pipe": 1, "data": 4, "tensor": 1)",
                   experts(R"("pipe": 1, "expert_data": 2, "expert": 4)") + R"(, "ranks": {"offset": 4})"));
  ASSERT_EQ(report.findings.at(0).code, LintCode::EXPERT_GROUPS_IGNORE_MAPPING);
  EXPECT_EQ(
      report.findings[0].text,
      "the mapping is offset 4 of 4 ranks, expert groups are made as if it were the identity: expert_data "
      "group [0, 4] joins ranks of the model and others");
}

// areal on pipe 2 x data 2 x tensor 2: 2 model groups of 4, 4 of data, pipe and tensor of 2, each with a gloo
// twin; embedding groups are the pipe groups, position embeddings single ranks, 2 tensor-data groups of 4.
TEST(Lint, costs_are_counted_for_the_rank_that_has_most) {
  const LintCosts costs = report_of(kEight, grid(kCube)).costs;
  EXPECT_EQ(costs.nccl_groups, 2 + 4 + 4 + 4 + 4 + 2);
  EXPECT_EQ(costs.gloo_groups, 2 + 4 + 4 + 4);
  EXPECT_EQ(costs.creations, costs.nccl_groups + costs.gloo_groups);
  EXPECT_EQ(costs.communicators_per_rank, 5);
  EXPECT_EQ(costs.gloo_connections_per_rank, 3 + 1 + 1 + 1);
}

TEST(Lint, errors_come_before_warnings_and_these_before_notes) {
  const LintReport report = report_of(kNodesOfFour, grid(R"("pipe": 2, "data": 4, "tensor": 1)",
                                                         model(R"("layers": 3, "micro_batches": 1)")));
  std::vector<LintSeverity> severities;
  for (const LintFinding& finding : report.findings) severities.push_back(lint_info(finding.code).severity);
  EXPECT_EQ(severities,
            (std::vector<LintSeverity>{LintSeverity::error, LintSeverity::warning, LintSeverity::note}));
  EXPECT_TRUE(report.has_errors());
}

TEST(Lint, sixteen_thousand_ranks_are_told_by_their_families) {
  const Scenario scenario =
      scenario_from(R"({"world": {"ranks": 16384, "ranks_per_node": 8}, "grids": {"g": )" +
                    megatron(R"("pipe": 16, "data": 64, "context": 2, "tensor": 8)",
                             experts(R"("pipe": 16, "expert_data": 16, "expert": 64, "expert_tensor": 1)")) +
                    R"(}, "programs": []})");
  const LintReport report = lint(scenario);
  EXPECT_EQ(codes_of(report).count(LintCode::TENSOR_CROSSES_NODE), 0U);
  EXPECT_EQ(codes_of(report).count(LintCode::EXPERT_CROSSES_NODE), 1U);
}

}  // namespace
}  // namespace gridlock
