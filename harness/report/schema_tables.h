#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace gridlock {

/// One row of a table of keys, as Markdown.
struct SchemaRow {
  std::string key;
  std::string value;
  /// The default, "required", or nothing.
  std::string default_text;
  std::string meaning;

  bool operator==(const SchemaRow&) const = default;
};

/// A JSON Schema (draft-07) as Markdown: a section with a table of keys for each object, headed by its dotted
/// path. Definitions that are given a place of their own are linked to, all others are shown where they are
/// used. Does not check the schema.
class SchemaTables {
 public:
  using Json = nlohmann::ordered_json;

  /// `places`: names of definitions that have a heading of their own, and that heading. `hidden`: a
  /// definition that is said once for the whole page and left out wherever it is an alternative.
  SchemaTables(Json schema, std::map<std::string, std::string> places, std::string hidden);

  const Json& root() const { return schema_; }
  const Json& definition(const std::string& name) const { return schema_.at("definitions").at(name); }

  /// Description, values, examples and keys of `node`, then a section one level deeper for each object inside
  /// it. The headings inside begin with `path`, which is empty for the root.
  std::string section(const Json& node, const std::string& heading, const std::string& path, int level) const;
  /// The keys of an object; `path` is where it stands.
  std::vector<SchemaRow> rows(const Json& node, const std::string& path) const;

 private:
  const Json& resolved(const Json& node) const;
  bool has_place(const Json& node) const;
  bool is_object(const Json& node) const;
  std::string meaning(const Json& node) const;
  std::string default_text(const Json& node) const;
  std::string type_text(const Json& node, const std::string& path) const;
  std::string alternatives_text(const Json& alternatives, const std::string& path) const;
  std::string table(const Json& node, const std::string& path) const;
  std::string body(const Json& node, const std::string& path) const;
  std::string inner_sections(const Json& node, const std::string& path, int level) const;

  Json schema_;
  std::map<std::string, std::string> places_;
  std::string hidden_;
};

/// The link to a heading of the same page: "[text](#anchor)". The anchor is what GitHub makes of a heading.
std::string heading_link(const std::string& text, const std::string& heading);
/// A table of keys with a header.
std::string markdown_table(const std::vector<SchemaRow>& rows);

}  // namespace gridlock
