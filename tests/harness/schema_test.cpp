#include "harness/read/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "core/base/input_error.h"
#include "core/base/outcome.h"
#include "core/diagnosis/diagnosis.h"
#include "core/grid/recipe.h"
#include "harness/read/action_reader.h"
#include "harness/read/operation_reader.h"
#include "harness/read/params.h"
#include "harness/read/scenario_reader.h"

namespace gridlock {
namespace {

using Words = std::set<std::string>;

JsonNode schema() { return parse_json(scenario_schema(), "schema"); }

Words keys(const JsonNode& object) {
  Words found;
  for (const JsonMember& member : object.object()) found.insert(member.key);
  return found;
}

const JsonNode& definition(const JsonNode& root, const std::string& name) {
  return *root.find("definitions")->find(name);
}

/// The words of the "enum" among the alternatives of a definition.
Words words(const JsonNode& alternatives) {
  for (const JsonNode& alternative : alternatives.find("anyOf")->array()) {
    if (const JsonNode* list = alternative.find("enum")) {
      Words found;
      for (const JsonNode& word : list->array()) found.insert(word.string());
      return found;
    }
  }
  return {};
}

template <typename Rows>
Words names(const Rows& rows) {
  Words found;
  for (const auto& row : rows) found.emplace(row.name);
  return found;
}

TEST(Schema, IsTheFileInTheRepository) {
  std::ifstream file(GRIDLOCK_SOURCE_DIR "/scenarios/schema/scenario.schema.json");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(scenario_schema(), text.str());
}

TEST(Schema, EveryOperationHasTheKeysThatTheReaderKnows) {
  const JsonNode root = schema();
  for (const OperationInfo& info : all_operations()) {
    const std::vector<std::string> known = operation_keys(info.kind);
    EXPECT_EQ(keys(*definition(root, std::string(info.name)).find("properties")),
              Words(known.begin(), known.end()))
        << info.name;
  }
}

TEST(Schema, KnowsTheSameWordsAsTheTables) {
  const JsonNode root = schema();
  EXPECT_EQ(words(definition(root, "dtype")), names(all_dtypes()));
  EXPECT_EQ(words(definition(root, "reduce_op")), names(all_reduce_ops()));
  const JsonNode& expect = *root.find("properties")->find("expect")->find("properties");
  EXPECT_EQ(words(*expect.find("outcome")), names(outcomes_by_precedence()));
  const std::vector<std::string> recipes = recipe_names();
  EXPECT_EQ(words(*definition(root, "grid").find("properties")->find("recipe")),
            Words(recipes.begin(), recipes.end()));
}

TEST(Schema, AStepAndTheRootHaveTheKeysThatTheReadersKnow) {
  const JsonNode root = schema();
  const std::vector<std::string> roots = scenario_keys();
  EXPECT_EQ(keys(*root.find("properties")), Words(roots.begin(), roots.end()));
  Words step = {"only", "except", "label", "as", "from", "steps", "on_failure"};
  for (const std::string& action : action_names()) step.insert(action);
  step.erase("workload");
  EXPECT_EQ(keys(*definition(root, "plain_step").find("properties")), step);
}

std::string refusal(const std::string& text) {
  try {
    ScenarioSchema().check(parse_json(text, "a.json"));
  } catch (const InputError& error) {
    return error.place();
  }
  return "";
}

TEST(Schema, RefusesAtTheDeepestPlaceAndAcceptsTheRest) {
  EXPECT_EQ(refusal(R"({"world": {"ranks": 4}, "params": {"x": [1]}, "seed": "$x"})"), "");
  EXPECT_EQ(refusal(R"({"world": {"ranks": 4, "nodes": 1}})"), "a.json:1:11: /world");
  EXPECT_EQ(refusal(R"({"programs": [{"ranks": "all", "steps": [], "step": 1}]})"),
            "a.json:1:15: /programs/0");
}

/// The properties without a description of their own or of the definition that they name, anywhere inside.
Words undescribed(const JsonNode& root, const JsonNode& node) {
  Words found;
  if (node.is_array()) {
    for (const JsonNode& item : node.array()) found.merge(undescribed(root, item));
  }
  if (!node.is_object()) return found;
  for (const JsonMember& member : node.object()) {
    if (member.key == "examples" || member.key == "default") continue;
    found.merge(undescribed(root, member.value));
    if (member.key != "properties" || node.find("type") == nullptr) continue;
    for (const JsonMember& property : member.value.object()) {
      const JsonNode* reference = property.value.find("$ref");
      const JsonNode* described =
          reference == nullptr
              ? &property.value
              : &definition(root, reference->string().substr(reference->string().rfind('/') + 1));
      if (!property.value.find("description") && !described->find("description")) found.insert(property.key);
    }
  }
  return found;
}

TEST(Schema, DescribesEveryProperty) {
  const JsonNode root = schema();
  EXPECT_EQ(undescribed(root, root), Words{});
  const std::string silent = R"({"items": {"type": "object", "properties": {"a": {"type": "string"}}}})";
  EXPECT_EQ(undescribed(root, parse_json(silent, "silent")), Words{"a"});
}

std::int64_t default_of(const JsonNode& root, const std::string& object, const std::string& key) {
  const JsonNode* place = root.find("properties");
  if (!object.empty()) place = place->find(object)->find("properties");
  return std::get<std::int64_t>(place->find(key)->find("default")->value);
}

TEST(Schema, SaysTheDefaultsThatARunHas) {
  const JsonNode root = schema();
  const RunOptions options;
  EXPECT_EQ(default_of(root, "", "seed"), static_cast<std::int64_t>(options.seed));
  EXPECT_EQ(default_of(root, "cost", "latency_ns"), options.cost.latency.count());
  EXPECT_EQ(default_of(root, "cost", "bytes_per_us"), options.cost.bytes_per_us);
  EXPECT_EQ(default_of(root, "limits", "steps"), options.step_max);
  EXPECT_EQ(default_of(root, "limits", "real_timeout_ms"), options.real_timeout.count());
}

TEST(Schema, HasExactlyTheKnobsAndPresetsThatAreThere) {
  const JsonNode root = schema();
  const JsonNode& knobs = *root.find("properties")->find("semantics")->find("properties");
  Words known = {"preset"};
  for (const SemanticsKnob& knob : all_knobs()) known.emplace(knob.name);
  EXPECT_EQ(keys(knobs), known);
  EXPECT_EQ(knobs.find("preset")->find("default")->string(), kScenarioPreset);
  Words presets;
  for (const SemanticsPreset& preset : all_presets()) presets.emplace(preset.name);
  Words said;
  for (const JsonNode& name : knobs.find("preset")->find("anyOf")->array().at(1).find("enum")->array())
    said.insert(name.string());
  EXPECT_EQ(said, presets);
  for (const SemanticsKnob& knob : all_knobs()) {
    EXPECT_EQ(knobs.find(knob.name)->find("description")->string(), knob.meaning) << knob.name;
  }
}

TEST(Schema, TheExampleIsAScenario) {
  const JsonNode root = schema();
  const JsonNode& example = root.find("examples")->array().at(0);
  EXPECT_NO_THROW(ScenarioSchema().check(example));
  EXPECT_EQ(read_scenario(substituted(example, {}), {}).world_size, 4);
}

}  // namespace
}  // namespace gridlock
