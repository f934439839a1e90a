#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/input_error.h"
#include "harness/read/json_document.h"

namespace gridlock {

/// A node together with the way to it, for readers: every complaint carries file, line, column and JSON
/// pointer. A small value; the tree must outlive it. All functions that ask for something the node is not
/// throw InputError.
class JsonCursor {
 public:
  explicit JsonCursor(const JsonNode& root) : node_(&root) {}

  const JsonNode& node() const { return *node_; }
  const std::string& pointer() const { return pointer_; }

  /// Throws InputError at this value.
  [[noreturn]] void fail(std::string message, std::string hint = "") const;
  /// Throws InputError at a key of this object.
  [[noreturn]] void fail_key(std::string_view key, std::string message, std::string hint = "") const;
  /// Throws "there is no <noun> 'name'" with the nearest known name.
  [[noreturn]] void fail_name(std::string_view noun, std::string_view name,
                              const std::vector<std::string>& known) const;

  bool is_object() const { return node_->is_object(); }
  bool is_array() const { return node_->is_array(); }
  bool is_string() const { return node_->is_string(); }
  bool has(std::string_view key) const { return node_->find(key) != nullptr; }

  /// Requires an object whose keys are all known.
  void check_keys(const std::vector<std::string>& known) const;
  std::optional<JsonCursor> find(std::string_view key) const;
  /// Requires an object with that key.
  JsonCursor at(std::string_view key) const;
  /// Requires an object. In file order.
  std::vector<std::pair<std::string, JsonCursor>> members() const;
  /// Requires a list.
  std::vector<JsonCursor> items() const;

  const std::string& string() const;
  bool boolean() const;
  /// An integer from min to max.
  std::int64_t integer(std::int64_t min, std::int64_t max) const;
  /// An integer or a fraction.
  double real() const;

  /// Runs `action` and puts this place before the message of an InputError that comes from code which knows
  /// no files.
  template <typename Action>
  auto located(Action&& action) const {
    try {
      return action();
    } catch (const InputError& error) {
      fail(error.message(), error.hint());
    }
  }

 private:
  JsonCursor(const JsonNode* node, std::string pointer) : node_(node), pointer_(std::move(pointer)) {}
  JsonCursor child(std::string_view key, const JsonNode& node) const;

  const JsonNode* node_;
  std::string pointer_;
};

/// Way through a tree as JSON pointers spell it (RFC 6901): '~' and '/' of a key are escaped.
std::string pointer_step(std::string_view key);

}  // namespace gridlock
