#include "harness/read/workload_scope.h"

#include <limits>

#include "core/base/check.h"
#include "core/grid/plan.h"
#include "harness/read/grid_reader.h"
#include "harness/read/json_maker.h"
#include "harness/read/schema.h"

namespace gridlock {
namespace {

/// "integer" of {"$ref": "#/definitions/integer"}.
std::string kind_of(const JsonNode& property) {
  const JsonNode* reference = property.find("$ref");
  return reference == nullptr ? "" : reference->string().substr(reference->string().rfind('/') + 1);
}

/// Words that the property is one of; empty for other properties.
std::vector<std::string> words_of(const JsonNode& property) {
  std::vector<std::string> words;
  const JsonNode* alternatives = property.find("anyOf");
  if (alternatives == nullptr) return words;
  for (const JsonNode& alternative : alternatives->array()) {
    if (const JsonNode* list = alternative.find("enum")) {
      for (const JsonNode& word : list->array()) words.push_back(word.string());
    }
  }
  return words;
}

void check_value(const JsonCursor& value, const std::string& key, const JsonNode& property) {
  const std::string kind = kind_of(property);
  if (kind == "integer") {
    const JsonNode* least = property.find("minimum");
    value.integer(least == nullptr ? 0 : std::get<std::int64_t>(least->value), 1'000'000'000);
  } else if (kind == "boolean") {
    value.boolean();
  } else if (kind == "name" || kind == "string") {
    value.string();
  } else if (const std::vector<std::string> words = words_of(property); !words.empty()) {
    if (index_of(words, value.string()) < 0) value.fail_name(key, value.string(), words);
  }
}

}  // namespace

struct WorkloadScope::Grids {
  Scenario scenario;
  ReadContext context{scenario};
};

WorkloadScope::WorkloadScope(const JsonCursor& root) : root_(root) {}
WorkloadScope::~WorkloadScope() = default;

ReadContext& WorkloadScope::context() const {
  if (!grids_) {
    grids_ = std::make_unique<Grids>();
    read_world_and_grids(grids_->context, root_);
  }
  return grids_->context;
}

const Plan& WorkloadScope::plan(const JsonCursor& name) const {
  const std::int32_t grid = index_of(context().grid_names(), name.string());
  if (grid < 0) name.fail_name("grid", name.string(), grids_->context.grid_names());
  return *grids_->scenario.grids[static_cast<std::size_t>(grid)].plan;
}

const JsonNode& WorkloadScope::definition(const std::string& workload) const {
  if (!schema_) schema_ = std::make_unique<JsonNode>(parse_json(scenario_schema(), "schema"));
  const JsonNode* found = schema_->find("definitions")->find(workload);
  GRIDLOCK_CHECK(found != nullptr);
  return *found;
}

JsonNode read_workload_keys(const WorkloadScope& scope, const JsonCursor& workload) {
  const JsonNode& definition = scope.definition(workload.at("workload").string());
  std::vector<std::string> known;
  for (const JsonMember& property : definition.find("properties")->object()) known.push_back(property.key);
  workload.check_keys(known);
  for (const JsonNode& key : definition.find("required")->array()) workload.at(key.string());

  const JsonPlace& place = workload.node().place;
  JsonNode values{JsonNode::Object{}, place};
  for (const JsonMember& property : definition.find("properties")->object()) {
    if (const auto given = workload.find(property.key)) {
      check_value(*given, property.key, property.value);
      values.set(property.key, place, given->node());
    } else if (const JsonNode* value = property.value.find("default")) {
      values.set(property.key, place, {value->value, place});
    }
  }
  return values;
}

}  // namespace gridlock
