#include "tests/harness/areal_dump.h"

#include <algorithm>
#include <fstream>

#include "core/base/input_error.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock::test {
namespace {

using json = nlohmann::ordered_json;

/// A recorded value of a name: "gN" is a group, "!X" an exception, null None.
json answer_of(const std::string& name, const json& recorded) {
  if (!recorded.is_string()) return {{"value", recorded}};
  const auto text = recorded.get<std::string>();
  if (text.front() == 'g') return {{"group", std::stoi(text.substr(1))}};
  // The recording keeps the type only. What the attribute is, mpu_contract.json says.
  const bool model_size = name == "get_model_parallel_world_size";
  return {{"raises", text.substr(1)}, {"text", model_size ? "ds_model_world_size" : ""}};
}

/// Every stage; then as the pipe module asks for tied layers, with an axis "model" that AReaL's topology
/// lacks, which namedtuple._replace refuses and a rank outside the model never comes to.
json stage_calls(const json& stages, bool is_member) {
  json calls = json::array();
  for (std::size_t stage = 0; stage < stages.size(); ++stage)
    calls.push_back({{"stage", stage}, {"value", stages[stage]}});
  json tied = {{"stage", 0}, {"with", {{"data", 0}, {"model", 1}}}};
  if (is_member) {
    tied["raises"] = "ValueError";
    tied["text"] = "model";
  } else {
    tied["value"] = -1;
  }
  calls.push_back(tied);
  return {{"calls", calls}};
}

json all_missing() {
  json accessors;
  for (Accessor accessor : all_accessors())
    accessors[std::string(accessor_name(accessor))] = {{"missing", true}};
  return accessors;
}

/// Axis names and sizes, and as many digits as the world size has.
json topology_of(const json& grid) {
  json axes;
  for (std::size_t i = 0; i < grid["topology"]["axes"].size(); ++i)
    axes[grid["topology"]["axes"][i].get<std::string>()] = grid["topology"]["dims"][i];
  return {{"axes", axes}, {"digits", std::to_string(grid["topo"]["world_size"].get<int>()).size()}};
}

json dump_of(const json& scenario, const std::string& object) {
  json creations = json::array();
  for (const json& call : scenario["new_group"])
    creations.push_back({{"ranks", call[0]}, {"backend", call[1]}});
  return {{"format", "gridlock-mpu-dump/1"},
          {"about",
           {{"target", "recorded"},
            {"object", object},
            {"names", json::array()},
            {"python", "3.11.7"},
            {"torch_distributed", "stand-in"}}},
          {"world_size", scenario["world"]},
          {"creations", json::array({creations})},
          {"shared", json::array()},
          {"ranks", json::array()}};
}

void copy_methods(const json& methods, std::size_t rank, json& accessors) {
  for (const auto& [name, column] : methods.items()) {
    if (accessors.contains(name)) accessors[name] = answer_of(name, column[rank]);
  }
}

void copy_sizes(const json& grid, json& accessors) {
  for (const char* name : {"data_parallel_size", "pipe_parallel_size", "model_parallel_size"})
    accessors[name] = {{"value", grid["shared"][name]}};
  accessors["_topo"] = topology_of(grid);
}

}  // namespace

const json& areal_recordings() {
  static const json scenarios =
      json::parse(std::ifstream(GRIDLOCK_SOURCE_DIR "/tests/data/areal_golden.json"))["scenarios"];
  return scenarios;
}

json areal_recording(const std::string& id) {
  for (const json& scenario : areal_recordings()) {
    if (scenario["id"] == id) return scenario;
  }
  throw std::out_of_range(id);
}

json areal_dump(const json& scenario, std::size_t place) {
  const json& grid = scenario["grids"][place];
  json dump = dump_of(scenario, "realhf.base.topology.ParallelGrid");
  for (std::size_t rank = 0; rank < scenario["world"].get<std::size_t>(); ++rank) {
    json accessors = all_missing();
    json methods = grid["method"];
    const json stages = methods["stage_to_global"][rank];
    methods.erase("stage_to_global");
    copy_methods(methods, rank, accessors);
    copy_sizes(grid, accessors);
    accessors["stage_to_global"] = stage_calls(stages, grid["attr"]["global_rank"][rank] != -1);
    accessors["data_parallel_id"] = {{"value", grid["attr"]["data_parallel_id"][rank]}};
    accessors["pp_group"] = {{"value", grid["attr"]["pp_group"][rank]}};
    accessors["p2p_groups"] = {{"value", grid["shared"]["p2p_groups"]}};
    dump["ranks"].push_back({{"rank", rank}, {"creations", 0}, {"accessors", accessors}});
  }
  return dump;
}

json fake_grid_dump(const json& scenario, std::size_t place) {
  const json& grid = scenario["grids"][place];
  json dump = dump_of(scenario, "realhf.base.topology.FakeGrid");
  for (std::size_t rank = 0; rank < scenario["world"].get<std::size_t>(); ++rank) {
    json accessors = all_missing();
    copy_methods(grid["fake_grid"]["method"], rank, accessors);
    copy_sizes(grid, accessors);
    dump["ranks"].push_back({{"rank", rank}, {"creations", 0}, {"accessors", accessors}});
  }
  return dump;
}

DumpSet read_dump(const json& dump) {
  const ScenarioFolder folder;
  folder.write("dump.json", dump.dump());
  const std::string paths[] = {folder.path("dump.json")};
  return read_dumps(paths);
}

bool is_recorded(const ProbeValue& value, const json& recorded) {
  if (recorded.is_null()) return value.is_none();
  if (recorded.is_number())
    return value.number() != nullptr && *value.number() == recorded.get<std::int64_t>();
  if (recorded.is_string()) {
    const auto text = recorded.get<std::string>();
    if (text.front() != '!') return value.text() != nullptr && *value.text() == text;
    if (value.error() == nullptr) return false;
    const std::string type = "!" + value.error()->type;
    return text == type || text == type + " " + value.error()->what;
  }
  if (recorded.is_array()) {
    const auto* items = value.items();
    return items != nullptr &&
           std::equal(items->begin(), items->end(), recorded.begin(), recorded.end(), is_recorded);
  }
  if (recorded.contains("group"))
    return value.group() != nullptr &&
           value.group()->to_vector() == recorded["group"].get<std::vector<RankId>>();
  const auto* fields = value.named();
  if (fields == nullptr || fields->size() != recorded.size()) return false;
  return std::all_of(fields->begin(), fields->end(), [&](const ProbeField& field) {
    return recorded.contains(field.name) && is_recorded(field.value, recorded[field.name]);
  });
}

std::string dump_error(const json& dump) {
  const ScenarioFolder folder;
  folder.write("dump.json", dump.dump());
  const std::string path = folder.path("dump.json");
  try {
    const std::string paths[] = {path};
    read_dumps(paths);
    return "";
  } catch (const InputError& error) {
    const std::string place = error.place();
    return place.substr(place.find("dump.json")) + ": " + error.message() +
           (error.hint().empty() ? "" : "; " + error.hint());
  }
}

}  // namespace gridlock::test
