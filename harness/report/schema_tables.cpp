#include "harness/report/schema_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace gridlock {
namespace {

using Json = SchemaTables::Json;

std::string reference_of(const Json& node) {
  const std::string reference = node.value("$ref", "");
  return reference.substr(reference.rfind('/') + 1);
}

/// "<grid>" in a description is no HTML.
std::string escaped(const std::string& description) {
  std::string text;
  for (const char c : description) text += c == '<' ? std::string("&lt;") : std::string(1, c);
  return text;
}

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

std::string code(const Json& value) { return fmt::format("`{}`", value.dump()); }

bool is_required(const Json& object, const std::string& key) {
  if (!object.contains("required")) return false;
  const Json& keys = object.at("required");
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string examples_text(const Json& node) {
  if (!node.contains("examples")) return "";
  std::vector<std::string> texts;
  for (const Json& example : node.at("examples")) texts.push_back(code(example));
  return fmt::format("\nExamples: {}\n", joined(texts, ", "));
}

std::string inside(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

/// How an object is named in a list of alternatives: by its keys.
std::string keys_text(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.at("properties").items()) keys.push_back(fmt::format("\"{}\"", key));
  return fmt::format("`{{{}}}`", joined(keys, ", "));
}

}  // namespace

SchemaTables::SchemaTables(Json schema, std::map<std::string, std::string> places, std::string hidden)
    : schema_(std::move(schema)), places_(std::move(places)), hidden_(std::move(hidden)) {}

bool SchemaTables::has_place(const Json& node) const { return places_.count(reference_of(node)) > 0; }

const Json& SchemaTables::resolved(const Json& node) const {
  const Json* found = &node;
  while (found->contains("$ref") && !has_place(*found)) found = &definition(reference_of(*found));
  return *found;
}

bool SchemaTables::is_object(const Json& node) const {
  const Json& target = resolved(node);
  if (target.contains("properties")) return true;
  if (!target.contains("anyOf")) return false;
  const Json& alternatives = target.at("anyOf");
  return std::any_of(alternatives.begin(), alternatives.end(),
                     [](const Json& alternative) { return alternative.contains("properties"); });
}

std::string SchemaTables::meaning(const Json& node) const {
  if (node.contains("description")) return escaped(node.at("description"));
  return node.contains("$ref") && !has_place(node) ? meaning(definition(reference_of(node))) : "";
}

std::string SchemaTables::default_text(const Json& node) const {
  if (node.contains("default")) return code(node.at("default"));
  return node.contains("$ref") ? default_text(definition(reference_of(node))) : "";
}

std::string SchemaTables::alternatives_text(const Json& alternatives, const std::string& path) const {
  std::vector<std::string> texts;
  for (const Json& alternative : alternatives) {
    if (reference_of(alternative) == hidden_) continue;
    std::string text = type_text(alternative, path);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
  }
  return joined(texts, " or ");
}

std::string SchemaTables::type_text(const Json& node, const std::string& path) const {
  if (node.contains("$ref")) {
    const std::string name = reference_of(node);
    if (const auto place = places_.find(name); place != places_.end()) {
      return heading_link(place->second, place->second);
    }
    return type_text(definition(name), path);
  }
  if (node.contains("const")) return code(node.at("const"));
  if (node.contains("enum")) {
    std::vector<std::string> words;
    for (const Json& word : node.at("enum")) words.push_back(code(word));
    return joined(words, ", ");
  }
  if (node.contains("anyOf")) return alternatives_text(node.at("anyOf"), path);
  if (node.contains("properties")) return path.empty() ? keys_text(node) : heading_link("object", path);
  if (node.contains("items")) return "list of " + type_text(node.at("items"), path);
  if (node.contains("additionalProperties") && node.at("additionalProperties").is_object()) {
    return "names, each with: " + type_text(node.at("additionalProperties"), inside(path, "NAME"));
  }
  if (!node.contains("type")) return "any";
  const Json& type = node.at("type");
  if (type.is_string()) return type;
  std::vector<std::string> names(type.begin(), type.end());
  return joined(names, " or ");
}

std::vector<SchemaRow> SchemaTables::rows(const Json& node, const std::string& path) const {
  std::vector<SchemaRow> found;
  const Json& object = resolved(node);
  for (const auto& [key, value] : object.at("properties").items()) {
    SchemaRow row{fmt::format("`{}`", key), type_text(value, inside(path, key)),
                  is_required(object, key) ? "required" : default_text(value), meaning(value)};
    const bool is_like_last = !found.empty() && found.back().value == row.value &&
                              found.back().meaning == row.meaning &&
                              found.back().default_text == row.default_text;
    if (is_like_last) {
      found.back().key += ", " + row.key;
    } else {
      found.push_back(std::move(row));
    }
  }
  if (object.contains("additionalProperties") && object.at("additionalProperties").is_object()) {
    const Json& other = object.at("additionalProperties");
    found.push_back({"any other name", type_text(other, path), "", meaning(other)});
  }
  return found;
}

std::string SchemaTables::table(const Json& node, const std::string& path) const {
  return "\n" + markdown_table(rows(node, path));
}

std::string SchemaTables::body(const Json& node, const std::string& path) const {
  const Json& target = resolved(node);
  if (target.contains("properties")) return table(target, path);
  std::string text = examples_text(target);
  if (!is_object(target)) return text + fmt::format("\nValue: {}\n", type_text(target, path));
  for (const Json& alternative : target.at("anyOf")) {
    if (!alternative.contains("properties") || !alternative.contains("description")) continue;
    text += fmt::format("\n{}\n{}", meaning(alternative), table(alternative, path));
  }
  return text;
}

std::string SchemaTables::inner_sections(const Json& node, const std::string& path, int level) const {
  std::string text;
  const Json& target = resolved(node);
  if (target.contains("items")) return inner_sections(target.at("items"), path, level);
  if (is_object(target)) return section(node, path, path, level);
  if (target.contains("additionalProperties") && target.at("additionalProperties").is_object()) {
    return inner_sections(target.at("additionalProperties"), inside(path, "NAME"), level);
  }
  return text;
}

std::string SchemaTables::section(const Json& node, const std::string& heading, const std::string& path,
                                  int level) const {
  const Json& target = resolved(node);
  std::string text =
      fmt::format("\n{} {}\n\n{}\n{}", std::string(static_cast<std::size_t>(level), '#'), heading,
                  meaning(target).empty() ? meaning(node) : meaning(target), body(node, path));
  if (!target.contains("properties")) return text;
  for (const auto& [key, value] : target.at("properties").items()) {
    text += inner_sections(value, inside(path, key), std::min(level + 1, 4));
  }
  return text;
}

std::string heading_link(const std::string& text, const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-') anchor += static_cast<char>(std::tolower(byte));
    if (c == ' ') anchor += '-';
  }
  return fmt::format("[{}](#{})", text, anchor);
}

std::string markdown_table(const std::vector<SchemaRow>& rows) {
  std::string text = "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const SchemaRow& row : rows) {
    text += fmt::format("| {} | {} | {} | {} |\n", row.key, row.value, row.default_text, row.meaning);
  }
  return text;
}

}  // namespace gridlock
