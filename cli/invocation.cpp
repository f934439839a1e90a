#include "cli/invocation.h"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/base/input_error.h"
#include "gloo_backend/gloo_groups.h"
#include "gloo_backend/gloo_process.h"
#include "gloo_backend/gloo_world.h"
#include "harness/read/scenario_reader.h"
#include "nccl_backend/nccl_world.h"
#include "sim/sim_world.h"

namespace gridlock::cli {
namespace {

/// Stands where a file name does for the scenario of --from.
constexpr const char* kFromName = "--from";

/// Four fifths of what the machine has: a run that needs more ends with its report before the system ends it.
std::int64_t usable_memory() {
  const std::int64_t bytes = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return bytes > 0 ? bytes / 5 * 4 : std::numeric_limits<std::int64_t>::max();
}

constexpr std::string_view kFilePrefix = "file:";

std::string folder_of_store(const std::string& store) {
  if (store.starts_with(kFilePrefix) && store.size() > kFilePrefix.size()) {
    return store.substr(kFilePrefix.size());
  }
  throw InputError(
      "--store", fmt::format("expected file:FOLDER, got '{}'", store),
      store.starts_with("redis:")
          ? "histories are gathered through files, which Redis cannot hold: name a folder that all "
            "ranks share"
          : "name a folder that all ranks share, for this run only");
}

}  // namespace

RealPlace place_for(const RunFlags& flags, std::size_t run_number) {
  RealPlace place;
  place.interface = flags.interface;
  if (flags.backend == "sim") {
    if (!flags.store.empty() || !flags.interface.empty()) {
      throw InputError(flags.store.empty() ? "--interface" : "--store",
                       "the simulator has no processes that could meet", "add --backend gloo or nccl");
    }
    return place;
  }
  place.start = find_outside_start();
  if (!place.start && !flags.store.empty()) {
    throw InputError("--store", "this process was not started as a rank",
                     "start it with torchrun, mpirun or srun, or set RANK, WORLD_SIZE and LOCAL_RANK");
  }
  if (place.start && flags.store.empty()) {
    throw InputError("--store",
                     fmt::format("this process is rank {} of {} of {}, and ranks need a place to meet",
                                 place.start->rank, place.start->world_size, place.start->by),
                     "add --store file:FOLDER, a folder that all ranks share; to start all ranks here, unset "
                     "the variables of the launcher");
  }
  if (place.start) place.folder = fmt::format("{}/gridlock-{}", folder_of_store(flags.store), run_number);
  return place;
}

std::unique_ptr<World> make_world(const std::string& backend, const RealPlace& place) {
  if (backend == "sim") return std::make_unique<SimWorld>();
  if (backend == "gloo") return std::make_unique<GlooWorld>(place);
  if (backend == "nccl") {
    return std::make_unique<NcclWorld>(NcclOptions{}, place, [](const HostGroupsPlace& at) {
      prepare_gloo_process();
      return make_gloo_groups(at);
    });
  }
  static const std::array<std::string, 3> kKnown = {"sim", "gloo", "nccl"};
  throw InputError("--backend", fmt::format("unknown backend '{}'", backend), name_hint(backend, kKnown));
}

std::unique_ptr<World> make_simulator_beside(const std::string& backend) {
  return backend == "sim" ? nullptr : std::make_unique<SimWorld>();
}

RunOptions options_for(const Scenario& scenario, const RunFlags& flags) {
  RunOptions options = scenario.options;
  options.memory_max = usable_memory();
  if (flags.seed_given) options.seed = flags.seed;
  if (flags.payload == "data") options.payload = Payload::data;
  if (flags.payload == "shape") options.payload = Payload::shape;
  if (flags.hosting == "fiber") options.hosting = Hosting::fiber;
  if (flags.hosting == "stackless") options.hosting = Hosting::stackless;
  return options;
}

std::vector<std::shared_ptr<const Scenario>> load_all(const RunFlags& flags) {
  std::vector<Setting> settings;
  for (const std::string& text : flags.settings) settings.push_back(setting_from_text(text));
  std::vector<std::shared_ptr<const Scenario>> all;
  for (const std::string& file : flags.files) {
    for (Scenario& scenario : load_scenarios(file, settings)) {
      all.push_back(std::make_shared<const Scenario>(std::move(scenario)));
    }
  }
  if (!flags.from.text.empty()) {
    JsonNode root = parse_json(config_text(flags.from), kFromName);
    for (Scenario& scenario : load_scenarios(std::move(root), kFromName, settings))
      all.push_back(std::make_shared<const Scenario>(std::move(scenario)));
  } else if (flags.files.empty()) {
    throw InputError("scenario", "there is nothing to read",
                     "name a scenario file, or give a configuration with --from");
  }
  return all;
}

std::string config_text(const ConfigSource& source) {
  const Config config = read_config(source);
  if (!config.ignored.empty()) {
    fmt::print(stderr, "--from: no group depends on, and so ignored:\n");
    for (const std::string& ignored : config.ignored) fmt::print(stderr, "  {}\n", ignored);
  }
  return write_json(config_scenario(config));
}

std::string scenario_words(const std::string& file, const RunFlags& flags) {
  if (file != kFromName) return shell_quoted(file);
  std::string words = "--from " + shell_quoted(flags.from.text);
  if (flags.from.world_size > 0) words += fmt::format(" --world-size {}", flags.from.world_size);
  if (flags.from.ranks_per_node > 0) words += fmt::format(" --ranks-per-node {}", flags.from.ranks_per_node);
  return words;
}

void check_apart(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
  std::error_code unknown;
  const auto is_file = [&](const std::string& path) {
    return path != "-" && std::filesystem::is_regular_file(path, unknown);
  };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty()) continue;
    for (const std::string& input : inputs) {
      if (is_file(outputs[i]) && std::filesystem::equivalent(outputs[i], input, unknown))
        throw InputError(outputs[i], "this file is read by the command, and would be written over");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (outputs[i] == outputs[j]) throw InputError(outputs[i], "two outputs cannot go to one file");
    }
  }
}

void check_writable(const std::string& path) {
  if (path.empty() || path == "-") return;
  std::error_code unknown;
  const bool was_there = std::filesystem::exists(path, unknown);
  const bool opens = std::ofstream(path, std::ios::binary | std::ios::app).is_open();
  if (!was_there) std::filesystem::remove(path, unknown);
  if (!opens) throw InputError(path, "cannot write this file");
}

void write_file(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.flush();
  if (!out) throw InputError(path, "cannot write this file");
}

std::string shell_quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace gridlock::cli
