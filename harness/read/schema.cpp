#include "harness/read/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "harness/read/json_cursor.h"

namespace gridlock {

struct ScenarioSchema::Parsed {
  valijson::Schema schema;
};

namespace {

/// The value that an error's context ("<root>", "[programs]", "[0]", ...) leads to, as far as it goes.
JsonCursor value_at(const JsonNode& root, const std::vector<std::string>& context) {
  JsonCursor cursor(root);
  for (const std::string& step : context) {
    if (step.size() < 2 || step.front() != '[') continue;
    const std::string key = step.substr(1, step.size() - 2);
    if (const auto member = cursor.find(key)) {
      cursor = *member;
    } else if (cursor.is_array() && !key.empty() && std::all_of(key.begin(), key.end(), ::isdigit)) {
      cursor = cursor.items().at(std::stoul(key));
    } else {
      break;
    }
  }
  return cursor;
}

}  // namespace

ScenarioSchema::ScenarioSchema() {
  auto parsed = std::make_unique<Parsed>();
  const nlohmann::json text = nlohmann::json::parse(scenario_schema());
  const valijson::adapters::NlohmannJsonAdapter adapter(text);
  valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(adapter, parsed->schema);
  parsed_ = std::move(parsed);
}

ScenarioSchema::~ScenarioSchema() = default;

void ScenarioSchema::check(const JsonNode& root) const {
  const nlohmann::json document = nlohmann::json::parse(write_json(root));
  const valijson::adapters::NlohmannJsonAdapter adapter(document);
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(parsed_->schema, adapter, &results)) return;
  valijson::ValidationResults::Error deepest;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    if (error.context.size() > deepest.context.size()) deepest = error;
  }
  value_at(root, deepest.context).fail("the schema refuses this: " + deepest.description);
}

}  // namespace gridlock
