#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/policy_flags.h"
#include "harness/histories/diagnosis_report.h"
#include "harness/histories/run_files.h"

namespace gridlock::cli {
namespace {

struct DiagnoseCommand {
  std::vector<std::string> paths;
  std::string format = "text";
  PolicyFlags policy;
};

void diagnose_files(const DiagnoseCommand& command, Invocation& invocation) {
  const WarningPolicy policy = policy_of(command.policy);
  const DiagnosedRun diagnosed = diagnose(read_run(command.paths));
  if (command.format == "json") {
    fmt::print("{}\n", json_report(diagnosed).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}",
               command.format == "dot" ? dot_report(diagnosed) : text_report(diagnosed, invocation.style));
  }
  const PolicyFindings findings = apply_policy(policy, "", diagnosed.verdict);
  if (!findings.failing.empty()) fmt::print(stderr, "gridlock: {}\n", failing_text(findings.failing));
  tell_unseen(policy, {findings.accepted.begin(), findings.accepted.end()});
  Outcome outcome = diagnosed.verdict.outcome;
  if (!findings.failing.empty()) outcome = worse(outcome, Outcome::expectation_failed);
  invocation.exit_code = static_cast<int>(outcome);
}

}  // namespace

void add_diagnose_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("diagnose",
                                         "Say who is to blame in a run that was recorded: histories, PyTorch "
                                         "flight recorder dumps, or logs of NCCL");
  const auto state = std::make_shared<DiagnoseCommand>();
  command
      ->add_option("path", state->paths,
                   "Files of one run, or a folder of them: history files (gridlock run --history) or flight "
                   "recorder dumps of the ranks, JSON or pickle, or their logs of NCCL")
      ->required()
      ->check(CLI::ExistingPath);
  command
      ->add_option("--format", state->format, "text (default), json, or dot: the wait-for graph for Graphviz")
      ->check(CLI::IsMember({"text", "json", "dot"}));
  add_policy_flags(*command, state->policy);
  command->callback([state, &invocation] { diagnose_files(*state, invocation); });
}

}  // namespace gridlock::cli
