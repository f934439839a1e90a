#include "harness/report/generated_docs.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/outcome.h"
#include "core/diagnosis/diagnosis.h"
#include "harness/read/schema.h"

namespace gridlock {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kOrigin =
    "<!-- Written by `gridlock docs`; edit the tables in the code instead. -->\n\n";

std::string outcomes_page() {
  std::string page =
      std::string(kOrigin) +
      "# Outcomes\n\nHow a run ends. The number is the exit code of `gridlock run`. Rows are in order of "
      "precedence: when several apply to one run, the first one is its outcome.\n\n"
      "| outcome | exit code | meaning |\n|---|---|---|\n";
  for (const OutcomeInfo& info : outcomes_by_precedence()) {
    page += fmt::format("| `{}` | {} | {} |\n", info.name, static_cast<int>(info.outcome), info.meaning);
  }
  return page +
         "\n`gridlock test` ends with 0 when every scenario ended as its `expect` says, else with 1; "
         "`gridlock check` with 0 "
         "or 9; bad input ends every command with 2 before anything runs.\n";
}

std::string diagnoses_page() {
  std::string page = std::string(kOrigin) +
                     "# Diagnoses\n\nWhat can be said about a run. `gridlock explain CODE` prints one of "
                     "these. The outcome is "
                     "that of a run whose first diagnosis this is; `passed` marks warnings.\n";
  for (const CodeInfo& info : all_codes()) {
    page += fmt::format("\n## {}\n\n{}\n\n*What to change:* {}\n\n*Outcome:* `{}`\n", info.name, info.meaning,
                        info.fix, outcome_name(info.outcome));
  }
  return page;
}

std::string type_text(const Json& schema) {
  if (schema.contains("$ref")) {
    const std::string reference = schema.at("$ref");
    const std::string name = reference.substr(reference.rfind('/') + 1);
    return fmt::format("[{}](#{})", name, name);
  }
  if (schema.contains("const")) return fmt::format("`{}`", schema.at("const").dump());
  if (schema.contains("enum")) {
    std::string text;
    for (const Json& value : schema.at("enum"))
      text += fmt::format("{}`{}`", text.empty() ? "" : ", ", value.dump());
    return text;
  }
  for (const char* choice : {"oneOf", "anyOf"}) {
    if (!schema.contains(choice)) continue;
    std::string text;
    for (const Json& option : schema.at(choice)) text += (text.empty() ? "" : " or ") + type_text(option);
    return text;
  }
  if (schema.contains("items") && schema.at("items").is_object())
    return "list of " + type_text(schema.at("items"));
  if (!schema.contains("type")) return "any";
  const Json& type = schema.at("type");
  return type.is_string() ? type.get<std::string>() : type.dump();
}

std::string properties_table(const Json& schema) {
  if (!schema.contains("properties")) return "";
  std::string table = "\n| key | value | meaning |\n|---|---|---|\n";
  for (const auto& [key, value] : schema.at("properties").items()) {
    table += fmt::format("| `{}` | {} | {} |\n", key, type_text(value), value.value("description", ""));
  }
  return table;
}

std::string section(const std::string& title, const Json& schema) {
  std::string text = fmt::format("\n## {}\n\n{}\n", title, schema.value("description", ""));
  const std::string table = properties_table(schema);
  if (!table.empty()) return text + table;
  return text + fmt::format("\nValue: {}\n", type_text(schema));
}

std::string scenario_page() {
  const Json schema = Json::parse(scenario_schema());
  std::string page =
      std::string(kOrigin) + "# Scenario format\n\n" + schema.value("description", "") +
      "\n\nThe JSON Schema is scenarios/schema/scenario.schema.json (`gridlock schema` prints it). Comments "
      "(`//`) are allowed; unknown keys are errors.\n" +
      section("The file", schema);
  for (const char* group : {"definitions", "$defs"}) {
    if (!schema.contains(group)) continue;
    for (const auto& [name, definition] : schema.at(group).items()) page += section(name, definition);
  }
  return page;
}

}  // namespace

std::vector<GeneratedPage> generated_docs() {
  return {{"outcomes.md", outcomes_page()},
          {"diagnoses.md", diagnoses_page()},
          {"scenario_format.md", scenario_page()}};
}

}  // namespace gridlock
