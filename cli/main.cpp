#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <span>

#include "cli/commands.h"
#include "cli/unknown_word.h"
#include "cli/version.h"
#include "core/base/input_error.h"
#include "core/base/outcome.h"
#include "harness/run/real_world.h"

namespace {

using gridlock::Outcome;

constexpr const char* kExamples = R"(Examples:
  gridlock run scenarios/grids/ppo_actor_critic.json        run one scenario
  gridlock run step.json --set params.micro_batches=8       with another parameter
  gridlock run step.json --backend gloo                     on real processes
  gridlock run step.json --backend nccl                     on real GPUs
  gridlock diff step.json --backend gloo                    is it the same run there? where does it part?
  gridlock test scenarios --jobs 2 --junit report.xml       every scenario of a folder, for CI
  gridlock plan step.json                                   the groups its grids create, in order
  gridlock lint --from d4p2t2                               what the sizes of a configuration lead to
  gridlock accessors step.json                              what DeepSpeed reads from its grids
  gridlock diagnose dumps/                                  who hung a real job: flight recorder dumps
  gridlock explain COLL_MISSING_RANK                        what a diagnosis means

Exit codes: 0 passed, 1 expectation_failed, 2 bad_input, 3 mismatch, 4 stall, ... (gridlock explain outcomes))";

std::string command_line(int argc, char** argv) {
  std::string line = "gridlock";
  for (int i = 1; i < argc; ++i) line += " " + gridlock::cli::shell_quoted(argv[i]);
  return line;
}

/// What was printed has to arrive: a full disk must not look like a run that passed.
void check_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw gridlock::InputError("standard output", fmt::format("cannot write to it: {}", std::strerror(errno)));
}

int run(int argc, char** argv) {
  gridlock::cli::Invocation invocation;
  invocation.command_line = command_line(argc, argv);
  invocation.style.colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;

  CLI::App app(
      "Runs the process-grid logic of distributed training on virtual ranks or on real backends, and says "
      "who is "
      "to blame when it would hang.",
      "gridlock");
  app.footer(kExamples);
  app.set_version_flag("--version", gridlock::cli::version_text());
  app.require_subcommand(1);
  gridlock::cli::add_run_command(app, invocation);
  gridlock::cli::add_test_command(app, invocation);
  gridlock::cli::add_check_command(app, invocation);
  gridlock::cli::add_replay_command(app, invocation);
  gridlock::cli::add_diff_command(app, invocation);
  gridlock::cli::add_doctor_command(app, invocation);
  gridlock::cli::add_calibrate_command(app, invocation);
  gridlock::cli::add_init_command(app, invocation);
  gridlock::cli::add_plan_command(app, invocation);
  gridlock::cli::add_lint_command(app, invocation);
  gridlock::cli::add_accessors_command(app, invocation);
  gridlock::cli::add_expand_command(app, invocation);
  gridlock::cli::add_schema_command(app, invocation);
  gridlock::cli::add_explain_command(app, invocation);
  gridlock::cli::add_diagnose_command(app, invocation);
  gridlock::cli::add_docs_command(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_wrong = error.get_exit_code() != 0;
    const std::span<char* const> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    if (const auto unknown = is_wrong ? gridlock::cli::unknown_word(app, arguments) : std::nullopt)
      throw *unknown;
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(Outcome::bad_input);
  }
  check_output();
  return invocation.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  // A limit on the size of files is an error of the write, which is told, and no reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const gridlock::UnsupportedError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(Outcome::unsupported);
  } catch (const gridlock::InputError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(Outcome::bad_input);
  } catch (const std::bad_alloc&) {
    fmt::print(
        stderr,
        "gridlock: this machine has not enough memory for that run; fewer ranks, or payload \"shape\", "
        "need less\n");
    return static_cast<int>(Outcome::backend_error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "gridlock: {}\n", error.what());
    return static_cast<int>(std::ferror(stdout) != 0 ? Outcome::bad_input : Outcome::backend_error);
  }
}
