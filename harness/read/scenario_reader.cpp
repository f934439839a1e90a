#include "harness/read/scenario_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "core/grid/plan.h"
#include "harness/read/expect_reader.h"
#include "harness/read/extends.h"
#include "harness/read/fault_reader.h"
#include "harness/read/grid_reader.h"
#include "harness/read/json_maker.h"
#include "harness/read/profile_reader.h"
#include "harness/read/read_context.h"
#include "harness/read/schema.h"
#include "harness/read/selection_reader.h"
#include "harness/read/semantics_reader.h"
#include "harness/read/step_reader.h"
#include "harness/read/workloads.h"

namespace gridlock {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

Payload read_payload(const JsonCursor& cursor) {
  if (cursor.string() == "data") return Payload::data;
  if (cursor.string() == "shape") return Payload::shape;
  cursor.fail_name("payload", cursor.string(), {"data", "shape"});
}

std::string folder_of(const JsonCursor& cursor) {
  const auto& file = cursor.node().place.file;
  return file ? std::filesystem::path(*file).parent_path().string() : "";
}

void read_options(const JsonCursor& root, RunOptions& options) {
  if (const auto seed = root.find("seed")) options.seed = static_cast<std::uint64_t>(seed->integer(0, kMost));
  if (const auto payload = root.find("payload")) options.payload = read_payload(*payload);
  const auto semantics = root.find("semantics");
  options.semantics = semantics ? read_semantics(*semantics) : *preset_from_name(kScenarioPreset);
  if (const auto cost = root.find("cost")) {
    cost->check_keys({"latency_ns", "bytes_per_us", "profile"});
    if (const auto profile = cost->find("profile")) {
      options.cost.profile =
          profile->located([&] { return load_profile(profile->string(), folder_of(*profile)); });
    }
    if (const auto latency = cost->find("latency_ns")) {
      options.cost.latency = Nanos(latency->integer(0, 1'000'000'000'000));
    }
    if (const auto speed = cost->find("bytes_per_us")) options.cost.bytes_per_us = speed->integer(1, kMost);
  }
  if (const auto limits = root.find("limits")) {
    limits->check_keys({"steps", "real_timeout_ms"});
    if (const auto steps = limits->find("steps")) options.step_max = steps->integer(1, kMost);
    if (const auto timeout = limits->find("real_timeout_ms")) {
      options.real_timeout = std::chrono::milliseconds(timeout->integer(1, 1'000'000'000));
    }
  }
}

void read_programs(ReadContext& context, const JsonCursor& list) {
  for (const JsonCursor& entry : list.items()) {
    entry.check_keys({"ranks", "steps"});
    collect_names(context.scenario, entry.at("steps"));
  }
  for (const JsonCursor& entry : list.items()) {
    Program program{read_selection(context, entry.at("ranks")), {}};
    const InsideScope scope(context, program.ranks);
    program.steps = read_steps(context, entry.at("steps"));
    context.scenario.programs.push_back(std::move(program));
  }
}

std::string base_name(const JsonNode& root, const std::string& path) {
  if (const auto name = JsonCursor(root).find("name")) return name->string();
  return std::filesystem::path(path).stem().string();
}

/// The root for one cell in plain form, with the cell in its name.
JsonNode plain_form(const JsonNode& root, const MatrixCell& cell, const std::string& path) {
  JsonNode plain = substituted(root, cell);
  plain.erase("$schema");
  const JsonMaker make(plain.place);
  const std::string name = base_name(root, path) + cell.suffix();
  if (JsonNode* present = plain.find("name")) {
    present->value = name;
  } else {
    plain.object().insert(plain.object().begin(), {"name", plain.place, make.text(name)});
  }
  expand_workloads(plain);
  return plain;
}

Scenario read_cell(const JsonNode& root, const MatrixCell& cell, const std::string& path,
                   const ScenarioSchema& schema) {
  try {
    const JsonNode plain = plain_form(root, cell, path);
    Scenario scenario = read_scenario(plain, param_names(root));
    schema.check(plain);
    scenario.file = path;
    scenario.plain = write_json(plain);
    return scenario;
  } catch (const InputError& error) {
    if (cell.values.empty()) throw;
    throw InputError(error.place(), fmt::format("{} (in the cell {})", error.message(), cell.suffix()),
                     error.hint());
  }
}

}  // namespace

std::vector<std::string> scenario_keys() {
  return {"$schema", "name", "description", "extends", "world",  "params", "matrix", "grids",   "programs",
          "payload", "seed", "semantics",   "cost",    "limits", "faults", "expect", "recorded"};
}

Scenario read_scenario(const JsonNode& plain, std::vector<std::string> params) {
  const JsonCursor root(plain);
  root.check_keys(scenario_keys());
  Scenario scenario;
  ReadContext context(scenario);
  context.params = std::move(params);
  if (const auto name = root.find("name")) scenario.name = name->string();
  if (const auto description = root.find("description")) scenario.description = description->string();
  read_options(root, scenario.options);
  read_world_and_grids(context, root);
  read_programs(context, root.at("programs"));
  scenario.options.ranks_per_node = scenario.ranks_per_node;
  if (const auto faults = root.find("faults")) scenario.options.faults = read_faults(context, *faults);
  if (const auto expect = root.find("expect")) scenario.expect = read_expectation(context, *expect);
  return scenario;
}

std::vector<Scenario> load_scenarios(const std::string& path, std::span<const Setting> settings) {
  return load_scenarios(read_extended(path), path, settings);
}

std::vector<Scenario> load_scenarios(JsonNode root, const std::string& path,
                                     std::span<const Setting> settings) {
  apply_settings(root, settings);
  JsonCursor(root).check_keys(scenario_keys());
  // What came of an earlier run (--record) is no part of the scenario.
  root.erase("recorded");
  const ScenarioSchema schema;
  std::vector<Scenario> scenarios;
  for (const MatrixCell& cell : matrix_cells(root)) {
    scenarios.push_back(read_cell(root, cell, path, schema));
  }
  return scenarios;
}

}  // namespace gridlock
