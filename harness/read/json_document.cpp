#include "harness/read/json_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {

std::string JsonPlace::to_string() const {
  const std::string name = file ? *file : "";
  return line == 0 ? name : fmt::format("{}:{}:{}", name, line, column);
}

const JsonNode* JsonNode::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const JsonMember& member : object()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

JsonNode* JsonNode::find(std::string_view key) {
  return const_cast<JsonNode*>(static_cast<const JsonNode*>(this)->find(key));
}

void JsonNode::set(std::string key, JsonPlace key_place, JsonNode node) {
  GRIDLOCK_CHECK(is_object());
  for (JsonMember& member : object()) {
    if (member.key != key) continue;
    member.key_place = std::move(key_place);
    member.value = std::move(node);
    return;
  }
  object().push_back({std::move(key), std::move(key_place), std::move(node)});
}

void JsonNode::erase(std::string_view key) {
  GRIDLOCK_CHECK(is_object());
  std::erase_if(object(), [&](const JsonMember& member) { return member.key == key; });
}

bool JsonNode::operator==(const JsonNode& other) const { return value == other.value; }

std::string describe(const JsonNode& node) {
  if (node.is_null()) return "null";
  if (node.is_bool()) return std::get<bool>(node.value) ? "true" : "false";
  if (node.is_integer()) return fmt::format("the number {}", std::get<std::int64_t>(node.value));
  if (const double* real = std::get_if<double>(&node.value)) return fmt::format("the number {}", *real);
  if (node.is_string()) return fmt::format("the string '{}'", node.string());
  return node.is_array() ? "a list" : "an object";
}

JsonNode read_json_file(const std::string& path, const JsonFileHints& hints) {
  std::ifstream file(path, std::ios::binary);
  std::error_code unknown;
  const std::uintmax_t size = std::filesystem::is_regular_file(path, unknown)
                                  ? std::filesystem::file_size(path, unknown)
                                  : std::uintmax_t{1};
  if (!file || unknown) throw InputError(path, "the file cannot be read");
  if (size == 0) throw InputError(path, "the file is empty", std::string(hints.empty));
  if (size > kJsonBytesMax) {
    throw InputError(path, fmt::format("the file has {} bytes; at most {} are read", size, kJsonBytesMax),
                     std::string(hints.too_long));
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.fail()) throw InputError(path, "the file cannot be read");
  return parse_json(text.str(), path);
}

}  // namespace gridlock
