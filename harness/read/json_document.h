#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gridlock {

/// Where a JSON value or key was written. Lines and columns count from 1; columns count bytes. Line 0: not in
/// a file (a
/// `--set` on the command line).
struct JsonPlace {
  /// Shared by all nodes of a file: trees made from several files (`extends`) keep the right name at every
  /// node.
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;

  /// "file.json:12:7", or the file alone for line 0.
  std::string to_string() const;
};

struct JsonMember;

/// A JSON value that remembers where it was written, so that an error found after merging, substituting and
/// expanding still names the line the user has to edit. Members keep file order: the order of a topology's
/// keys is the order of its axes. A value.
struct JsonNode {
  using Array = std::vector<JsonNode>;
  using Object = std::vector<JsonMember>;

  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value;
  JsonPlace place;

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value); }
  bool is_bool() const { return std::holds_alternative<bool>(value); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value); }
  bool is_string() const { return std::holds_alternative<std::string>(value); }
  bool is_array() const { return std::holds_alternative<Array>(value); }
  bool is_object() const { return std::holds_alternative<Object>(value); }
  const std::string& string() const { return std::get<std::string>(value); }
  const Array& array() const { return std::get<Array>(value); }
  Array& array() { return std::get<Array>(value); }
  const Object& object() const { return std::get<Object>(value); }
  Object& object() { return std::get<Object>(value); }

  /// Value of a key; nullptr when this is no object or has no such key. The pointer lives until the object
  /// changes.
  const JsonNode* find(std::string_view key) const;
  JsonNode* find(std::string_view key);
  /// Adds the key, or replaces its value (and place) where it stands. Requires: an object.
  void set(std::string key, JsonPlace key_place, JsonNode node);
  /// Removes the key if it is there. Requires: an object.
  void erase(std::string_view key);

  /// Equal values; places do not count. Object members must be in the same order.
  bool operator==(const JsonNode& other) const;
};

struct JsonMember {
  std::string key;
  JsonPlace key_place;
  JsonNode value;

  bool operator==(const JsonMember& other) const { return key == other.key && value == other.value; }
};

/// "a string", "an object", "the number 4": what an error says it got.
std::string describe(const JsonNode& node);

/// Parses JSON in which `//` and `/* */` comments are allowed. Throws InputError for a syntax error (with the
/// line and a caret under the first wrong token), a key that appears twice in one object, an integer beyond
/// 64 bits, a control character in a string (names reach terminals; tab and newline are allowed), and nesting
/// deeper than kJsonDepthMax.
JsonNode parse_json(std::string_view text, std::string file);
inline constexpr int kJsonDepthMax = 128;

/// Reads and parses a file; `place` and the nodes' files are the path as given. Throws InputError when it
/// cannot be read, is empty or is longer than kJsonBytesMax (a tree takes about 25 times the memory of its
/// text), with what `hints` has for that.
struct JsonFileHints {
  std::string_view empty;
  std::string_view too_long;
};
JsonNode read_json_file(const std::string& path, const JsonFileHints& hints = {});
inline constexpr std::uintmax_t kJsonBytesMax = 64U << 20U;

/// JSON text that is pleasant to read: two spaces per level, and on one line what fits into `width` columns.
/// Ends with a newline. parse_json gives an equal tree for it.
std::string write_json(const JsonNode& node, int width = 100);

/// The same on one line, without a newline.
std::string json_line(const JsonNode& node);

}  // namespace gridlock
