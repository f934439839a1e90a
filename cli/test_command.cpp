#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include "cli/commands.h"
#include "cli/policy_flags.h"
#include "cli/worker_pool.h"
#include "core/base/input_error.h"
#include "harness/read/scenario_files.h"
#include "harness/run/runner.h"

namespace gridlock::cli {
namespace {

struct TestCommand {
  RunFlags flags;
  PolicyFlags policy;
  std::string junit;
  int jobs = 1;
  std::string shard;
  bool quiet = false;
};

/// A scenario, or why its file could not be read: that fails on its own, beside the other cases.
struct TestCase {
  std::shared_ptr<const Scenario> scenario;
  std::string file;
  std::string name;
  std::string error;
};

std::vector<TestCase> load_cases(const RunFlags& flags) {
  std::vector<TestCase> cases;
  if (!flags.from.text.empty()) {
    RunFlags only_from = flags;
    only_from.files.clear();
    for (const auto& scenario : load_all(only_from))
      cases.push_back({scenario, scenario->file, scenario->name, ""});
  } else if (flags.files.empty()) {
    load_all(flags);  // says what is missing
  }
  for (const std::string& file : scenario_files(flags.files)) {
    RunFlags one = flags;
    one.files = {file};
    one.from.text.clear();
    try {
      for (const auto& scenario : load_all(one)) cases.push_back({scenario, file, scenario->name, ""});
    } catch (const InputError& error) {
      cases.push_back({nullptr, file, std::filesystem::path(file).stem().string(), error.what()});
    }
  }
  return cases;
}

std::string refusal(const std::string& error) {
  return nlohmann::ordered_json(
             {{"held", false}, {"seconds", 0}, {"accepted", nlohmann::json::array()}, {"report", error}})
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string run_one(const TestCase& one, const RunFlags& flags, const WarningPolicy& policy) try {
  if (!one.scenario) return refusal(one.error);
  const std::shared_ptr<const Scenario>& scenario = one.scenario;
  const auto start = std::chrono::steady_clock::now();
  const std::unique_ptr<World> world = make_world(flags.backend, place_for(flags, 0));
  const std::unique_ptr<World> simulator = make_simulator_beside(flags.backend);
  CaseResult result = run_case(scenario, *world, options_for(*scenario, flags), simulator.get());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const PolicyFindings findings =
      apply_policy(policy, scenario->name, result.run.verdict, scenario->expect.warnings);
  if (!findings.failing.empty()) result.unmet.push_back(failing_text(findings.failing));
  nlohmann::ordered_json outcome = {
      {"held", result.held()}, {"seconds", seconds.count()}, {"accepted", findings.accepted}};
  if (!result.held()) outcome["report"] = text_report(result, {});
  return outcome.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
} catch (const InputError& error) {
  return refusal(error.what());
}

JunitCase junit_case(const TestCase& one, const WorkerAnswer& answer, std::set<std::size_t>& accepted) {
  JunitCase made{one.file, one.name, 0, ""};
  if (!answer.finished) {
    made.failure = fmt::format("{}: the process that ran it ended: {}", one.name, answer.text);
    return made;
  }
  const auto outcome = nlohmann::json::parse(answer.text);
  made.seconds = outcome.at("seconds");
  for (const std::size_t place : outcome.at("accepted")) accepted.insert(place);
  if (!outcome.at("held").get<bool>()) made.failure = outcome.at("report");
  return made;
}

// "2/4": the second quarter of the cases, dealt out in turn.
bool in_shard(std::size_t index, int shard, int shard_count) {
  return shard_count == 0 || static_cast<int>(index % static_cast<std::size_t>(shard_count)) == shard - 1;
}

void parse_shard(const std::string& text, int& shard, int& count) {
  if (text.empty()) return;
  if (std::sscanf(text.c_str(), "%d/%d", &shard, &count) != 2 || shard < 1 || count < 1 || shard > count) {
    throw InputError("--shard", fmt::format("'{}' is no shard", text),
                     "write i/n with 1 <= i <= n, for example 1/4");
  }
}

void run(TestCommand& command, Invocation& invocation) {
  int shard = 0;
  int shard_count = 0;
  parse_shard(command.shard, shard, shard_count);
  check_apart({command.junit}, command.flags.files);
  check_writable(command.junit);
  const WarningPolicy policy = policy_of(command.policy);
  std::vector<TestCase> cases;
  std::size_t index = 0;
  for (TestCase& one : load_cases(command.flags)) {
    if (in_shard(index++, shard, shard_count)) cases.push_back(std::move(one));
  }
  std::vector<JunitCase> results(cases.size());
  std::size_t failed = 0;
  std::set<std::size_t> accepted;
  run_in_workers(
      cases.size(), command.jobs, [&](std::size_t i) { return run_one(cases[i], command.flags, policy); },
      [&](std::size_t i, const WorkerAnswer& answer) {
        results[i] = junit_case(cases[i], answer, accepted);
        const bool ok = results[i].failure.empty();
        failed += ok ? 0 : 1;
        if (!command.quiet || !ok)
          fmt::print("{} {} ({})\n", ok ? "ok    " : "FAILED", cases[i].name, cases[i].file);
        if (!ok) fmt::print("{}\n", results[i].failure);
      });
  if (!command.junit.empty()) write_file(command.junit, junit_report(results));
  tell_unseen(policy, accepted);
  fmt::print("{} passed, {} failed\n", cases.size() - failed, failed);
  const bool all_read =
      std::all_of(cases.begin(), cases.end(), [](const TestCase& one) { return one.scenario; });
  if (failed != 0) invocation.exit_code = static_cast<int>(Outcome::expectation_failed);
  if (!all_read) invocation.exit_code = static_cast<int>(Outcome::bad_input);
}

}  // namespace

void add_test_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "test",
      "Run all scenarios of files and folders; exit 0 if every expectation held, 2 if a file could not be "
      "read, else 1");
  const auto state = std::make_shared<TestCommand>();
  add_run_flags(*command, state->flags, CLI::ExistingPath);
  command->get_option("scenario")->description("Scenario files, or folders searched for *.json");
  add_policy_flags(*command, state->policy);
  command->add_option("--junit", state->junit, "Write a JUnit report to this file");
  command
      ->add_option("--jobs", state->jobs, "Scenarios that run at the same time, each in a process of its own")
      ->check(CLI::Range(1, 1024));
  command->add_option("--shard", state->shard, "i/n: only the i-th of n parts of the cases");
  command->add_flag("--quiet", state->quiet, "Name only what failed");
  command->callback([state, &invocation] { run(*state, invocation); });
}

}  // namespace gridlock::cli
