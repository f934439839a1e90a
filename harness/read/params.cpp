#include "harness/read/params.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "harness/read/json_cursor.h"

namespace gridlock {
namespace {

using Values = std::vector<std::pair<std::string, JsonNode>>;

const JsonNode* value_of(const Values& values, std::string_view name) {
  // The last one wins: matrix axes are added after the parameters they hide.
  for (auto entry = values.rbegin(); entry != values.rend(); ++entry) {
    if (entry->first == name) return &entry->second;
  }
  return nullptr;
}

void set_place(JsonNode& node, const JsonPlace& place) {
  node.place = place;
  if (node.is_array()) {
    for (JsonNode& item : node.array()) set_place(item, place);
  } else if (node.is_object()) {
    for (JsonMember& member : node.object()) {
      member.key_place = place;
      set_place(member.value, place);
    }
  }
}

void substitute(JsonNode& node, const Values& values) {
  if (node.is_array()) {
    for (JsonNode& item : node.array()) substitute(item, values);
  } else if (node.is_object()) {
    for (JsonMember& member : node.object()) substitute(member.value, values);
  } else if (node.is_string() && node.string().starts_with('$')) {
    const JsonNode* value = value_of(values, std::string_view(node.string()).substr(1));
    if (value == nullptr) return;
    const JsonPlace place = node.place;
    JsonNode replaced = *value;
    set_place(replaced, place);
    node = std::move(replaced);
  }
}

/// Refuses "$name" where no loop variable can be meant.
void check_substituted(const JsonCursor& cursor, const std::vector<std::string>& params) {
  if (cursor.is_array()) {
    for (const JsonCursor& item : cursor.items()) check_substituted(item, params);
  } else if (cursor.is_object()) {
    for (const auto& [key, value] : cursor.members()) check_substituted(value, params);
  } else if (cursor.is_string() && cursor.string().starts_with('$')) {
    const std::string name = cursor.string().substr(1);
    if (std::find(params.begin(), params.end(), name) == params.end())
      cursor.fail_name("parameter", name, params);
    cursor.fail(fmt::format("the parameter '{}' is used in the value of one that stands before it", name),
                "a parameter may use the parameters before it");
  }
}

bool is_axis(const JsonMember& member) { return member.key != "exclude"; }

bool matches(const MatrixCell& cell, const JsonNode& excluded) {
  return std::all_of(excluded.object().begin(), excluded.object().end(), [&](const JsonMember& wanted) {
    return *value_of(cell.values, wanted.key) == wanted.value;
  });
}

std::vector<MatrixCell> all_cells(const JsonCursor& matrix) {
  std::vector<MatrixCell> cells(1);
  for (const auto& [axis, values] : matrix.members()) {
    if (axis == "exclude") continue;
    if (values.items().empty()) values.fail(fmt::format("the matrix axis '{}' has no values", axis));
    if (cells.size() * values.items().size() > kMatrixCellMax) {
      matrix.fail(fmt::format("the matrix has more than {} cells", kMatrixCellMax));
    }
    std::vector<MatrixCell> longer;
    for (const MatrixCell& cell : cells) {
      for (const JsonCursor& value : values.items()) {
        longer.push_back(cell);
        longer.back().values.emplace_back(axis, value.node());
      }
    }
    cells = std::move(longer);
  }
  return cells;
}

void exclude(std::vector<MatrixCell>& cells, const JsonCursor& matrix) {
  const std::optional<JsonCursor> list = matrix.find("exclude");
  if (!list) return;
  std::vector<std::string> axes;
  // A value of the command line (line 0) leaves fewer cells than the file's excludes were written for.
  bool is_narrowed = false;
  for (const auto& [axis, value] : cells.front().values) {
    axes.push_back(axis);
    is_narrowed = is_narrowed || value.place.line == 0;
  }
  for (const JsonCursor& entry : list->items()) {
    entry.check_keys(axes);
    const std::size_t removed =
        std::erase_if(cells, [&](const MatrixCell& cell) { return matches(cell, entry.node()); });
    if (removed == 0 && !is_narrowed) entry.fail("this matches no cell of the matrix (any more)");
  }
  if (cells.empty()) list->fail("no cell of the matrix is left");
}

std::vector<std::string> keys_of(const JsonNode* object) {
  std::vector<std::string> keys;
  if (object == nullptr || !object->is_object()) return keys;
  for (const JsonMember& member : object->object()) keys.push_back(member.key);
  return keys;
}

JsonNode setting_value(const Setting& setting, const JsonPlace& place) {
  JsonNode value;
  try {
    value = parse_json(setting.value, *place.file);
  } catch (const InputError&) {
    value.value = setting.value;
  }
  set_place(value, place);
  return value;
}

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> keys(1);
  for (const char c : path) {
    if (c == '.') {
      keys.emplace_back();
    } else {
      keys.back() += c;
    }
  }
  return keys;
}

/// One key further into the tree; made when it is a key of an object that is not there.
JsonNode* descend(JsonNode* node, const std::string& key, const JsonPlace& place) {
  if (node->is_object()) {
    if (JsonNode* found = node->find(key)) return found;
    node->set(key, place, {JsonNode::Object{}, place});
    return node->find(key);
  }
  if (!node->is_array())
    throw InputError(place.to_string(), fmt::format("'{}' is inside {}", key, describe(*node)));
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size() || index >= node->array().size()) {
    throw InputError(place.to_string(),
                     fmt::format("'{}' is no index of a list of {}", key, node->array().size()));
  }
  return &node->array()[index];
}

void apply(JsonNode& root, const Setting& setting) {
  const JsonPlace place{
      std::make_shared<const std::string>(fmt::format("--set {}={}", setting.path, setting.value)), 0, 0};
  const std::vector<std::string> keys = split_path(setting.path);
  const std::vector<std::string> params = keys_of(root.find("params"));
  if (keys.size() == 1 && std::find(params.begin(), params.end(), keys[0]) != params.end()) {
    throw InputError(place.to_string(), fmt::format("'{}' is a parameter", keys[0]),
                     fmt::format("write --set params.{}={}", keys[0], setting.value));
  }
  if (keys.size() == 2 && (keys[0] == "params" || keys[0] == "matrix")) {
    const std::vector<std::string> known = keys_of(root.find(keys[0]));
    if (std::find(known.begin(), known.end(), keys[1]) == known.end()) {
      throw InputError(place.to_string(), fmt::format("there is no '{}' in {}", keys[1], keys[0]),
                       name_hint(keys[1], known));
    }
  }
  JsonNode* node = &root;
  for (const std::string& key : keys) node = descend(node, key, place);
  *node = setting_value(setting, place);
}

}  // namespace

Setting setting_from_text(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos || at == 0) {
    throw InputError("--set", fmt::format("expected path=value, got '{}'", text),
                     "e.g. --set params.micro_batches=8");
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

void apply_settings(JsonNode& root, std::span<const Setting> settings) {
  for (const Setting& setting : settings) apply(root, setting);
}

std::string MatrixCell::suffix() const {
  if (values.empty()) return "";
  std::string text;
  for (const auto& [axis, value] : values) {
    const std::string shown = value.is_string() ? value.string() : json_line(value);
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", axis, shown);
  }
  return "[" + text + "]";
}

std::vector<MatrixCell> matrix_cells(const JsonNode& root) {
  const std::optional<JsonCursor> matrix = JsonCursor(root).find("matrix");
  if (!matrix) return std::vector<MatrixCell>(1);
  std::vector<MatrixCell> cells = all_cells(*matrix);
  if (cells.front().values.empty()) matrix->fail("the matrix has no axis");
  exclude(cells, *matrix);
  return cells;
}

JsonNode substituted(const JsonNode& root, const MatrixCell& cell) {
  Values values;
  if (const std::optional<JsonCursor> params = JsonCursor(root).find("params")) {
    for (const auto& [name, param] : params->members()) {
      JsonNode value = param.node();
      substitute(value, values);
      values.emplace_back(name, std::move(value));
    }
  }
  values.insert(values.end(), cell.values.begin(), cell.values.end());
  JsonNode result = root;
  result.erase("params");
  result.erase("matrix");
  substitute(result, values);
  const std::array free_text{"$schema", "name", "description", "extends", "programs", "expect", "recorded"};
  for (const auto& [key, value] : JsonCursor(result).members()) {
    if (std::find(free_text.begin(), free_text.end(), key) == free_text.end())
      check_substituted(value, param_names(root));
  }
  return result;
}

std::vector<std::string> param_names(const JsonNode& root) {
  std::vector<std::string> names = keys_of(root.find("params"));
  if (const JsonNode* matrix = root.find("matrix"); matrix != nullptr && matrix->is_object()) {
    for (const JsonMember& member : matrix->object()) {
      if (is_axis(member)) names.push_back(member.key);
    }
  }
  return names;
}

}  // namespace gridlock
