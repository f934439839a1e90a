// --from in the commands that take a scenario; init and lint.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

std::string word_after(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word + " ");
  if (at == std::string::npos) return "";
  const std::size_t start = at + word.size() + 1;
  return text.substr(start, text.find_first_of(",\n", start) - start);
}

TEST(ConfigCommand, init_writes_the_scenario_whose_run_has_the_digest_of_run_from) {
  const std::string deepspeed = temporary_file("ds.json", R"({"train_batch_size": 16})");
  for (const std::string& from :
       {std::string("--from 'sglang:d4t2+megatron:(attn:d2p2t2|ffn:d1p2t1e4)'"), std::string("--from d2p2t2"),
        std::string("--from 'megatron: --tensor-model-parallel-size 2 --pipeline-model-parallel-size 2 "
                    "--context-parallel-size 2' --world-size 16"),
        std::string("--from 'sglang:d2+fsdp:d2c2t2'"),
        "--from 'deepspeed: " + deepspeed +
            " --pipeline-parallel-size 2 --expert-parallel-size 2' --world-size 8"}) {
    const BinaryRun init = run_gridlock("init " + from);
    ASSERT_EQ(init.exit_code, 0) << init.err;
    const BinaryRun of_file = run_gridlock("run " + temporary_file("init.json", init.out));
    const BinaryRun of_config = run_gridlock("run " + from);
    EXPECT_EQ(of_config.exit_code, 0) << of_config.out << of_config.err;
    ASSERT_EQ(word_after(of_config.out, "digest").size(), 16U) << of_config.out;
    EXPECT_EQ(word_after(of_file.out, "digest"), word_after(of_config.out, "digest")) << from;
    EXPECT_EQ(word_after(of_file.out, "transcript"), word_after(of_config.out, "transcript")) << from;
  }
}

TEST(ConfigCommand, every_command_that_takes_a_scenario_takes_a_configuration) {
  for (const char* command : {"run", "test", "check", "plan", "lint", "accessors", "expand"}) {
    const BinaryRun run = run_gridlock(std::string(command) + " --from d2p2t2");
    EXPECT_EQ(run.exit_code, 0) << command << run.out << run.err;
    EXPECT_NE(run.out.find("areal"), std::string::npos) << command << run.out;
  }
}

TEST(ConfigCommand, what_was_ignored_is_said_beside_the_output) {
  const BinaryRun run = run_gridlock("init --from 'megatron: --lr 1e-4 --bf16' --world-size 2");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.err, "--from: no group depends on, and so ignored:\n  --lr 1e-4\n  --bf16\n");
}

TEST(ConfigCommand, settings_are_put_over_a_configuration) {
  const BinaryRun run = run_gridlock("expand --from d2 --set world.ranks_per_node=1");
  EXPECT_NE(run.out.find("\"ranks_per_node\": 1"), std::string::npos) << run.out;
}

TEST(ConfigCommand, a_failing_run_says_how_to_repeat_it) {
  const BinaryRun run = run_gridlock("run --from d2p2 --set limits.steps=1");
  EXPECT_EQ(run.exit_code, 5) << run.out;
  EXPECT_NE(run.out.find("repeat: gridlock run --from d2p2 --seed "), std::string::npos) << run.out;
}

TEST(ConfigCommand, without_scenario_and_configuration_there_is_nothing_to_do) {
  const BinaryRun run = run_gridlock("run");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err,
            "scenario: there is nothing to read\n"
            "  hint: name a scenario file, or give a configuration with --from\n");
}

TEST(ConfigCommand, lint_ends_with_1_for_errors_only) {
  const std::string flags = "--pipeline-model-parallel-size 4 --num-layers ";
  const BinaryRun wrong = run_gridlock("lint --from 'megatron: " + flags + "30' --world-size 8");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.out.find("error LAYERS_NOT_DIVISIBLE in trainer\n  what    30 layers on 4 stages\n"),
            std::string::npos)
      << wrong.out;
  EXPECT_EQ(run_gridlock("lint --from 'megatron: " + flags + "32' --world-size 8").exit_code, 0);
}

TEST(ConfigCommand, explain_knows_the_codes_of_lint) {
  const BinaryRun run = run_gridlock("explain TENSOR_CROSSES_NODE");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out.rfind("TENSOR_CROSSES_NODE (warning, of gridlock lint)\n", 0), 0U) << run.out;
}

// Sizes of a recorded Megatron case: tensor 4, pipeline 8, data 336.
TEST(ConfigCommand, ten_thousand_ranks_of_megatron_are_planned_and_linted_in_a_second) {
  const std::string from =
      " --from 'megatron: --tensor-model-parallel-size 4 --pipeline-model-parallel-size 8' --world-size "
      "10752";
  const auto start = std::chrono::steady_clock::now();
  const BinaryRun run = run_gridlock("plan" + from);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.out.find("warning MANY_GLOO_CONNECTIONS\n  what    1005 gloo connections on rank 0\n"),
            std::string::npos)
      << run.out;
}

}  // namespace
}  // namespace gridlock
