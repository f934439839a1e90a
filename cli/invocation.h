#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/world/world.h"
#include "harness/config/config.h"
#include "harness/model/scenario.h"
#include "harness/report/report.h"
#include "launch/outside_start.h"

namespace gridlock::cli {

/// What all commands share: how the binary was called, how it writes, how it ends.
struct Invocation {
  /// As typed, quoted for a shell: the line that repeats this call.
  std::string command_line;
  ReportStyle style;
  int exit_code = 0;
};

/// Options of every command that runs scenarios.
struct RunFlags {
  std::vector<std::string> files;
  std::vector<std::string> settings;
  /// A configuration to make the scenario of; its sizes where it does not say them.
  ConfigSource from;
  std::string backend = "sim";
  std::uint64_t seed = 0;
  bool seed_given = false;
  std::string payload;
  std::string hosting;
  std::string store;
  std::string interface;
};

/// Where the ranks of the run with this number are: all here, or, with --store, started by torchrun, mpirun
/// or srun. Throws InputError when the flags and the environment do not fit each other.
RealPlace place_for(const RunFlags& flags, std::size_t run_number);

/// The world that --backend names. Throws InputError for an unknown one.
std::unique_ptr<World> make_world(const std::string& backend, const RealPlace& place = {});
/// The simulator that run_case asks about a real world; nullptr where that world is the simulator.
std::unique_ptr<World> make_simulator_beside(const std::string& backend);

/// The scenario's options with those of the command line put over them.
RunOptions options_for(const Scenario& scenario, const RunFlags& flags);

/// All scenarios of all files, in order, then that of --from. What --from ignored is said on standard error.
/// Throws InputError, also when there is neither.
std::vector<std::shared_ptr<const Scenario>> load_all(const RunFlags& flags);

/// The words that name the same scenarios again: the file, or --from with its sizes.
std::string scenario_words(const std::string& file, const RunFlags& flags);

/// The scenario of --from as text, after saying on standard error what was ignored. Throws InputError.
std::string config_text(const ConfigSource& source);

/// Throws InputError (place: the path) when two of the outputs are one file, or one of them is an input.
void check_apart(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs);

/// Throws InputError (place: the path) when the file cannot be written later; "" and "-" always can. Called
/// before a run, so that its result is not lost afterwards.
void check_writable(const std::string& path);

/// Writes to a file, or to standard output for "-". Throws InputError (place: the path) when it cannot.
void write_file(const std::string& path, const std::string& text);

/// A word as a shell needs it.
std::string shell_quoted(const std::string& word);

}  // namespace gridlock::cli
