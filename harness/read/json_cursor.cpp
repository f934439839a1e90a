#include "harness/read/json_cursor.h"

#include <fmt/format.h>

#include <algorithm>

namespace gridlock {
namespace {

std::string place_text(const JsonPlace& place, const std::string& pointer) {
  return fmt::format("{}: {}", place.to_string(), pointer.empty() ? "/" : pointer);
}

}  // namespace

std::string pointer_step(std::string_view key) {
  std::string step = "/";
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

void JsonCursor::fail(std::string message, std::string hint) const {
  throw InputError(place_text(node_->place, pointer_), std::move(message), std::move(hint));
}

void JsonCursor::fail_key(std::string_view key, std::string message, std::string hint) const {
  JsonPlace place = node_->place;
  if (node_->is_object()) {
    for (const JsonMember& member : node_->object()) {
      if (member.key == key) place = member.key_place;
    }
  }
  throw InputError(place_text(place, pointer_ + pointer_step(key)), std::move(message), std::move(hint));
}

void JsonCursor::fail_name(std::string_view noun, std::string_view name,
                           const std::vector<std::string>& known) const {
  fail(fmt::format("there is no {} '{}'", noun, name), name_hint(name, known));
}

void JsonCursor::check_keys(const std::vector<std::string>& known) const {
  for (const auto& [key, value] : members()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      fail_key(key, fmt::format("unknown key '{}'", key), name_hint(key, known));
    }
  }
}

std::optional<JsonCursor> JsonCursor::find(std::string_view key) const {
  const JsonNode* found = node_->find(key);
  if (found == nullptr) return std::nullopt;
  return child(key, *found);
}

JsonCursor JsonCursor::at(std::string_view key) const {
  if (!is_object()) fail(fmt::format("expected an object, got {}", describe(*node_)));
  const JsonNode* found = node_->find(key);
  if (found == nullptr) fail(fmt::format("the key '{}' is missing", key));
  return child(key, *found);
}

std::vector<std::pair<std::string, JsonCursor>> JsonCursor::members() const {
  if (!is_object()) fail(fmt::format("expected an object, got {}", describe(*node_)));
  std::vector<std::pair<std::string, JsonCursor>> found;
  for (const JsonMember& member : node_->object())
    found.emplace_back(member.key, child(member.key, member.value));
  return found;
}

std::vector<JsonCursor> JsonCursor::items() const {
  if (!is_array()) fail(fmt::format("expected a list, got {}", describe(*node_)));
  std::vector<JsonCursor> found;
  for (const JsonNode& item : node_->array()) found.push_back(child(std::to_string(found.size()), item));
  return found;
}

const std::string& JsonCursor::string() const {
  if (!is_string()) fail(fmt::format("expected a string, got {}", describe(*node_)));
  return node_->string();
}

bool JsonCursor::boolean() const {
  if (!node_->is_bool()) fail(fmt::format("expected true or false, got {}", describe(*node_)));
  return std::get<bool>(node_->value);
}

std::int64_t JsonCursor::integer(std::int64_t min, std::int64_t max) const {
  if (!node_->is_integer()) fail(fmt::format("expected an integer, got {}", describe(*node_)));
  const std::int64_t value = std::get<std::int64_t>(node_->value);
  if (value < min || value > max)
    fail(fmt::format("expected an integer from {} to {}, got {}", min, max, value));
  return value;
}

double JsonCursor::real() const {
  if (node_->is_integer()) return static_cast<double>(std::get<std::int64_t>(node_->value));
  if (const double* value = std::get_if<double>(&node_->value)) return *value;
  fail(fmt::format("expected a number, got {}", describe(*node_)));
}

JsonCursor JsonCursor::child(std::string_view key, const JsonNode& node) const {
  return {&node, pointer_ + pointer_step(key)};
}

}  // namespace gridlock
