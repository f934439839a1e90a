#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/read/json_document.h"

namespace gridlock {
namespace {

std::string scalar(const JsonNode& node) {
  if (node.is_null()) return "null";
  if (const bool* flag = std::get_if<bool>(&node.value)) return *flag ? "true" : "false";
  if (const std::int64_t* integer = std::get_if<std::int64_t>(&node.value)) return std::to_string(*integer);
  // The library knows how to escape strings and how to write a double so that reading gives the same one.
  if (const double* real = std::get_if<double>(&node.value)) return nlohmann::json(*real).dump();
  return nlohmann::json(node.string()).dump();
}

std::string quoted(const std::string& key) { return nlohmann::json(key).dump() + ": "; }

/// `used`: columns that the line already holds. The root is always broken, so that a diff of two scenarios
/// has lines.
void write(const JsonNode& node, int indent, std::size_t used, std::size_t width, std::string& out) {
  const bool is_container = node.is_array() || node.is_object();
  const std::string line = json_line(node);
  if (!is_container || line.size() <= 2 || (indent > 0 && used + line.size() + 1 <= width)) {
    out += line;
    return;
  }
  const std::string pad(static_cast<std::size_t>(indent + 2), ' ');
  bool first = true;
  const auto separate = [&] {
    out += first ? "\n" : ",\n";
    out += pad;
    first = false;
  };
  out += node.is_array() ? "[" : "{";
  if (node.is_array()) {
    for (const JsonNode& item : node.array()) {
      separate();
      write(item, indent + 2, pad.size(), width, out);
    }
  } else {
    for (const JsonMember& member : node.object()) {
      separate();
      const std::string key = quoted(member.key);
      out += key;
      write(member.value, indent + 2, pad.size() + key.size(), width, out);
    }
  }
  out += "\n" + std::string(static_cast<std::size_t>(indent), ' ') + (node.is_array() ? "]" : "}");
}

}  // namespace

std::string json_line(const JsonNode& node) {
  std::string text;
  if (node.is_array()) {
    for (const JsonNode& item : node.array()) text += (text.empty() ? "" : ", ") + json_line(item);
    return "[" + text + "]";
  }
  if (node.is_object()) {
    for (const JsonMember& member : node.object()) {
      text += (text.empty() ? "" : ", ") + quoted(member.key) + json_line(member.value);
    }
    return text.empty() ? "{}" : "{ " + text + " }";
  }
  return scalar(node);
}

std::string write_json(const JsonNode& node, int width) {
  std::string out;
  write(node, 0, 0, static_cast<std::size_t>(width), out);
  return out + "\n";
}

}  // namespace gridlock
