#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/grid/members.h"
#include "core/grid/mpu.h"

namespace gridlock {

class ProbeValue;

/// What Python would have raised. `what` is the missing name of an AttributeError, otherwise a short reason.
struct ProbeError {
  std::string type;
  std::string what;

  bool operator==(const ProbeError&) const = default;
};

struct ProbeField;

/// What a piece of DeepSpeed would get out of an mpu: a Python value, or the error that it would raise. A
/// value that compares by content (of a group, only the members count, as in a recording).
class ProbeValue {
 public:
  /// None.
  ProbeValue();
  /// A number. A template, so that a literal 0 is no null pointer.
  template <std::integral Number>
  ProbeValue(Number number) : ProbeValue(AsNumber{number}) {}
  ProbeValue(std::string text);
  ProbeValue(const char* text);
  ProbeValue(Members group);
  /// The group's members, or None.
  ProbeValue(const MaybeGroup& group);
  ProbeValue(ProbeError error);
  // Where ProbeField is complete, in the .cpp.
  ProbeValue(const ProbeValue&);
  ProbeValue(ProbeValue&&) noexcept;
  ProbeValue& operator=(const ProbeValue&);
  ProbeValue& operator=(ProbeValue&&) noexcept;
  ~ProbeValue();

  /// A list or tuple; DeepSpeed's users cannot tell them apart here.
  static ProbeValue list(std::vector<ProbeValue> items);
  static ProbeValue ranks(std::span<const RankId> ranks);
  static ProbeValue fields(std::vector<ProbeField> fields);

  bool is_none() const { return std::holds_alternative<std::monostate>(data_); }
  const std::int64_t* number() const { return std::get_if<std::int64_t>(&data_); }
  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const Members* group() const { return std::get_if<Members>(&data_); }
  const std::vector<ProbeValue>* items() const { return std::get_if<std::vector<ProbeValue>>(&data_); }
  const std::vector<ProbeField>* named() const { return std::get_if<std::vector<ProbeField>>(&data_); }
  const ProbeError* error() const { return std::get_if<ProbeError>(&data_); }

  /// As a reader of Python expects it: "None", "2", "'model_01'", "group [4, 5]", "[1, 5]", "{pp_rank: 1}",
  /// "AttributeError: get_slice_parallel_group". Lists of more than 16 numbers are shortened.
  std::string to_string() const;
  /// The same for all values of one shape, so that ranks can be grouped: numbers are "number" or, when
  /// negative, "no rank"; groups and lists keep their length; errors their type, an AttributeError also the
  /// missing name.
  std::string shape() const;

  bool operator==(const ProbeValue& other) const;

 private:
  struct AsNumber {
    std::int64_t value;
  };
  explicit ProbeValue(AsNumber number);

  std::variant<std::monostate, std::int64_t, std::string, Members, std::vector<ProbeValue>,
               std::vector<ProbeField>, ProbeError>
      data_;
};

/// A named part of a Python dict or of keyword results, in the order in which DeepSpeed fills it.
struct ProbeField {
  std::string name;
  ProbeValue value;

  bool operator==(const ProbeField&) const = default;
};

}  // namespace gridlock
