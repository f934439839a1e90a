#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/units.h"
#include "harness/histories/history_line.h"
#include "harness/read/json_cursor.h"

// The keys of a line are listed once (visit in history_line.cpp) and visited with one of three objects: a
// FieldReader fills the line from JSON, a FieldWriter makes JSON of it, FieldNames collects the keys. All
// have the same functions; a key that is missing or not written leaves the value as it usually is.

namespace gridlock {

/// When a key is written, and whether it may be missing.
enum class Presence {
  unusual,   ///< written unless the value is the usual one
  shown,     ///< always written; may be missing
  required,  ///< always written; must be there
};

inline Presence shown_if(bool condition) { return condition ? Presence::shown : Presence::unusual; }

/// Integers from min to max.
struct Bounds {
  static constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min();
  static constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

  std::int64_t min = 0;
  std::int64_t max = kInt32Max;
};

template <typename Number>
std::int64_t to_integer(Number value) {
  if constexpr (std::is_same_v<Number, Nanos>) {
    return value.count();
  } else {
    return static_cast<std::int64_t>(value);
  }
}

/// Throws InputError at the place of what is not as docs/history_format.md says.
class FieldReader {
 public:
  static constexpr bool kReads = true;

  FieldReader(const JsonCursor& cursor, RankId world_size) : cursor_(cursor), world_size_(world_size) {}

  RankId world_size() const { return world_size_; }
  bool has(std::string_view key) const { return cursor_.has(key); }
  /// Whether the keys that follow belong to this line.
  static bool enters(bool condition) { return condition; }

  template <typename Number>
  void number(std::string_view key, Number& value, Number /*usual*/, Bounds bounds,
              Presence presence = Presence::unusual) {
    const auto found = find(key, presence);
    if (found) value = static_cast<Number>(found->integer(bounds.min, bounds.max));
  }
  template <typename Enum>
  void word(std::string_view key, std::string_view noun, std::span<const std::string_view> words, Enum& value,
            Presence presence) {
    const auto found = find(key, presence);
    if (found) value = static_cast<Enum>(place_of(*found, noun, words));
  }
  template <typename Enum>
  void word(std::string_view key, std::string_view noun, std::span<const std::string_view> words,
            std::optional<Enum>& value) {
    const auto found = cursor_.find(key);
    if (found) value = static_cast<Enum>(place_of(*found, noun, words));
  }
  template <typename Value, typename NameOf, typename FromName>
  void name(std::string_view key, Value& value, Value /*usual*/, NameOf&& /*name_of*/, FromName&& from_name,
            Presence presence) {
    const auto found = find(key, presence);
    if (!found) return;
    const std::optional<Value> known = from_name(found->string());
    if (!known) found->fail("unknown " + std::string(key) + " '" + found->string() + "'");
    value = *known;
  }
  template <typename Item, typename Visit>
  void list(std::string_view key, std::vector<Item>& items, Visit&& visit_item) {
    const auto found = cursor_.find(key);
    if (!found) return;
    for (const JsonCursor& at : found->items()) {
      FieldReader item(at, world_size_);
      visit_item(item, items.emplace_back());
    }
  }
  void flag(std::string_view key, bool& value);
  void real(std::string_view key, double& value, double usual);
  void text(std::string_view key, std::string& value, Presence presence = Presence::unusual);
  void text(std::string_view key, std::optional<std::string>& value, bool is_required);
  void ranks(std::string_view key, RankSet& value);
  void integers(std::string_view key, std::vector<std::int64_t>& value);
  /// The keys members and ordered.
  void members(Members& value);
  void group_key(std::string_view key, std::optional<GroupKey>& value);
  void plan(std::string_view key, std::shared_ptr<const Plan>& value);
  void unknown(std::uint16_t& value);
  /// The keys label, loops and at.
  void place(LinePlace& value);
  /// The keys do and plans: kind, and the operation of a call.
  void what(Record& record);

 private:
  std::optional<JsonCursor> find(std::string_view key, Presence presence) const;
  static std::size_t place_of(const JsonCursor& cursor, std::string_view noun,
                              std::span<const std::string_view> words);

  const JsonCursor& cursor_;
  RankId world_size_;
};

class FieldWriter {
 public:
  static constexpr bool kReads = false;

  /// Adds the keys to an object.
  explicit FieldWriter(nlohmann::ordered_json& json) : json_(json) {}

  static bool has(std::string_view /*key*/) { return false; }
  static bool enters(bool condition) { return condition; }

  template <typename Number>
  void number(std::string_view key, const Number& value, Number usual, Bounds /*bounds*/,
              Presence presence = Presence::unusual) {
    if (value != usual || presence != Presence::unusual) json_[std::string(key)] = to_integer(value);
  }
  template <typename Enum>
  void word(std::string_view key, std::string_view /*noun*/, std::span<const std::string_view> words,
            const Enum& value, Presence /*presence*/) {
    json_[std::string(key)] = words[static_cast<std::size_t>(value)];
  }
  template <typename Enum>
  void word(std::string_view key, std::string_view noun, std::span<const std::string_view> words,
            const std::optional<Enum>& value) {
    if (value) word(key, noun, words, *value, Presence::shown);
  }
  template <typename Value, typename NameOf, typename FromName>
  void name(std::string_view key, const Value& value, Value usual, NameOf&& name_of, FromName&& /*from_name*/,
            Presence presence) {
    if (value != usual || presence != Presence::unusual) json_[std::string(key)] = name_of(value);
  }
  template <typename Item, typename Visit>
  void list(std::string_view key, std::vector<Item>& items, Visit&& visit_item) {
    for (Item& item : items) {
      FieldWriter writer(json_[std::string(key)].emplace_back(nlohmann::ordered_json::object()));
      visit_item(writer, item);
    }
  }
  void flag(std::string_view key, bool value);
  void real(std::string_view key, double value, double usual);
  void text(std::string_view key, const std::string& value, Presence presence = Presence::unusual);
  void text(std::string_view key, const std::optional<std::string>& value, bool is_required);
  void ranks(std::string_view key, const RankSet& value);
  void integers(std::string_view key, const std::vector<std::int64_t>& value);
  void members(const Members& value);
  void group_key(std::string_view key, const std::optional<GroupKey>& value);
  void plan(std::string_view key, const std::shared_ptr<const Plan>& value);
  void unknown(std::uint16_t value);
  void place(const LinePlace& value);
  void what(const Record& record);

 private:
  nlohmann::ordered_json& json_;
};

class FieldNames {
 public:
  static constexpr bool kReads = true;

  std::vector<std::string> take() const { return {names_.begin(), names_.end()}; }

  static bool has(std::string_view /*key*/) { return true; }
  static bool enters(bool /*condition*/) { return true; }

  template <typename Number>
  void number(std::string_view key, Number /*value*/, Number /*usual*/, Bounds /*bounds*/,
              Presence /*presence*/ = Presence::unusual) {
    names_.emplace(key);
  }
  template <typename... Rest>
  void word(std::string_view key, Rest&&...) {
    names_.emplace(key);
  }
  template <typename... Rest>
  void name(std::string_view key, Rest&&...) {
    names_.emplace(key);
  }
  template <typename... Rest>
  void list(std::string_view key, Rest&&...) {
    names_.emplace(key);
  }
  void flag(std::string_view key, bool /*value*/) { names_.emplace(key); }
  void real(std::string_view key, double /*value*/, double /*usual*/) { names_.emplace(key); }
  template <typename... Rest>
  void text(std::string_view key, Rest&&...) {
    names_.emplace(key);
  }
  void ranks(std::string_view key, const RankSet& /*value*/) { names_.emplace(key); }
  void integers(std::string_view key, const std::vector<std::int64_t>& /*value*/) { names_.emplace(key); }
  void members(const Members& /*value*/) { names_.insert({"members", "ordered"}); }
  void group_key(std::string_view key, const std::optional<GroupKey>& /*value*/) { names_.emplace(key); }
  void plan(std::string_view key, const std::shared_ptr<const Plan>& /*value*/) { names_.emplace(key); }
  void unknown(std::uint16_t /*value*/) { names_.emplace("unknown"); }
  void place(const LinePlace& /*value*/) { names_.insert({"label", "loops", "at"}); }
  void what(const Record& /*record*/) { names_.insert({"do", "plans"}); }

 private:
  std::set<std::string> names_;
};

}  // namespace gridlock
