#pragma once

#include <CLI/CLI.hpp>

#include "cli/invocation.h"

/// One function per command, each in a file of its own name. It adds the command with its options to the
/// application; the command runs when the application is parsed and leaves the exit code in the invocation.
/// Bad input leaves as InputError.
namespace gridlock::cli {

void add_run_command(CLI::App& app, Invocation& invocation);
void add_test_command(CLI::App& app, Invocation& invocation);
void add_check_command(CLI::App& app, Invocation& invocation);
void add_replay_command(CLI::App& app, Invocation& invocation);
void add_diff_command(CLI::App& app, Invocation& invocation);
void add_doctor_command(CLI::App& app, Invocation& invocation);
void add_calibrate_command(CLI::App& app, Invocation& invocation);
void add_init_command(CLI::App& app, Invocation& invocation);
void add_plan_command(CLI::App& app, Invocation& invocation);
void add_lint_command(CLI::App& app, Invocation& invocation);
void add_accessors_command(CLI::App& app, Invocation& invocation);
void add_expand_command(CLI::App& app, Invocation& invocation);
void add_schema_command(CLI::App& app, Invocation& invocation);
void add_explain_command(CLI::App& app, Invocation& invocation);
void add_diagnose_command(CLI::App& app, Invocation& invocation);
void add_docs_command(CLI::App& app, Invocation& invocation);

/// --from, --world-size and --ranks-per-node.
void add_config_flags(CLI::App& command, ConfigSource& from);

/// FILE... (which `paths` must accept), --set and the flags of --from: what names scenarios.
void add_scenario_flags(CLI::App& command, RunFlags& flags, const CLI::Validator& paths = CLI::ExistingFile);

/// These, --seed, --payload, --hosting and --backend.
void add_run_flags(CLI::App& command, RunFlags& flags, const CLI::Validator& paths = CLI::ExistingFile);

}  // namespace gridlock::cli
