#include "harness/read/workload_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/base/check.h"
#include "harness/read/workload_values.h"

namespace gridlock {
namespace {

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

/// A text with values put in.
class Template {
 public:
  Template(const JsonNode& values, const JsonPlace& place) : values_(values), place_(place) {}

  JsonNode::Array steps(const JsonNode& list) const {
    JsonNode::Array made;
    for (const JsonNode& step : list.array()) {
      if (auto filled = is_wanted(step) ? filled_in(step) : std::nullopt) {
        const JsonNode* times = filled->find("repeat");
        if (times == nullptr || !(*times == JsonNode{std::int64_t{0}, {}}))
          made.push_back(std::move(*filled));
      }
    }
    return made;
  }

 private:
  bool is_true(const JsonNode& condition) const {
    if (condition.is_object()) {
      const JsonMember& wanted = condition.object().front();
      const JsonNode* value = values_.find(wanted.key);
      return value != nullptr && *value == wanted.value;
    }
    const JsonNode* value = values_.find(condition.string());
    return value != nullptr && !(value->is_bool() && !std::get<bool>(value->value));
  }

  bool holds(const JsonNode& step, const char* key, bool wanted) const {
    const JsonNode* conditions = step.find(key);
    if (conditions == nullptr) return true;
    if (!conditions->is_array()) return is_true(*conditions) == wanted;
    return std::all_of(conditions->array().begin(), conditions->array().end(),
                       [&](const JsonNode& condition) { return is_true(condition) == wanted; });
  }
  bool is_wanted(const JsonNode& step) const {
    return holds(step, "if", true) && holds(step, "unless", false);
  }

  /// Nothing when a value is missing.
  std::optional<JsonNode> filled_in(const JsonNode& node) const {
    if (node.is_string()) return filled_string(node.string());
    JsonNode made{node.value, place_};
    if (node.is_array()) {
      for (JsonNode& item : made.array()) {
        auto filled = filled_in(item);
        if (!filled) return std::nullopt;
        item = std::move(*filled);
      }
    }
    if (!node.is_object()) return made;
    made.value = JsonNode::Object{};
    for (const JsonMember& member : node.object()) {
      if (member.key == "if" || member.key == "unless") continue;
      const auto key = filled_string(member.key);
      auto value = member.key == "steps" ? JsonNode{steps(member.value), place_} : filled_in(member.value);
      // What is not said of a workload inside is not said to it.
      if (!value && node.find("workload") != nullptr) continue;
      if (!key || !value) return std::nullopt;
      made.set(key->string(), place_, std::move(*value));
    }
    return made;
  }

  /// A string that is one name becomes its value of any kind.
  std::optional<JsonNode> filled_string(std::string_view text) const {
    std::string made;
    while (true) {
      const std::size_t dollar = text.find('$');
      made += text.substr(0, dollar);
      if (dollar == std::string_view::npos) return JsonNode{made, place_};
      text.remove_prefix(dollar + 1);
      const auto end = std::find_if_not(text.begin(), text.end(), is_name_char);
      const auto name = std::string(text.begin(), end);
      text.remove_prefix(name.size());
      const JsonNode* value = values_.find(name);
      if (value == nullptr) return std::nullopt;
      if (made.empty() && text.empty()) return *value;
      made += value->string();
    }
  }

  const JsonNode& values_;
  JsonPlace place_;
};

}  // namespace

JsonNode::Array template_steps(const WorkloadScope& scope, const WorkloadText& text,
                               const JsonCursor& workload) {
  const JsonNode values = workload_values(scope, workload);
  const JsonNode list = parse_json(text.text, std::string(text.name));
  return Template(values, workload.node().place).steps(list);
}

}  // namespace gridlock
