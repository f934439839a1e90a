#include "core/mpu/probe_value.h"

#include <fmt/format.h>

#include <algorithm>

namespace gridlock {
namespace {

constexpr std::size_t kListedNumbersMax = 16;

std::string join(const std::vector<ProbeValue>& items, std::string (ProbeValue::*print)() const,
                 std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i == limit) return text + fmt::format(", ... ({} in all)", items.size());
    if (i > 0) text += ", ";
    text += (items[i].*print)();
  }
  return text;
}

std::string join(const std::vector<ProbeField>& fields, std::string (ProbeValue::*print)() const) {
  std::string text;
  for (const ProbeField& field : fields) {
    if (!text.empty()) text += ", ";
    text += field.name + ": " + (field.value.*print)();
  }
  return text;
}

bool all_numbers(const std::vector<ProbeValue>& items) {
  return std::all_of(items.begin(), items.end(), [](const ProbeValue& item) { return item.number(); });
}

}  // namespace

ProbeValue::ProbeValue() = default;
ProbeValue::ProbeValue(AsNumber number) : data_(number.value) {}
ProbeValue::ProbeValue(std::string text) : data_(std::move(text)) {}
ProbeValue::ProbeValue(const char* text) : data_(std::string(text)) {}
ProbeValue::ProbeValue(Members group) : data_(std::move(group)) {}
ProbeValue::ProbeValue(ProbeError error) : data_(std::move(error)) {}
ProbeValue::ProbeValue(const ProbeValue&) = default;
ProbeValue::ProbeValue(ProbeValue&&) noexcept = default;
ProbeValue& ProbeValue::operator=(const ProbeValue&) = default;
ProbeValue& ProbeValue::operator=(ProbeValue&&) noexcept = default;
ProbeValue::~ProbeValue() = default;

ProbeValue::ProbeValue(const MaybeGroup& group) {
  if (group) data_ = group->members;
}

ProbeValue ProbeValue::list(std::vector<ProbeValue> items) {
  ProbeValue value;
  value.data_ = std::move(items);
  return value;
}

ProbeValue ProbeValue::ranks(std::span<const RankId> ranks) {
  std::vector<ProbeValue> items;
  items.reserve(ranks.size());
  for (RankId rank : ranks) items.emplace_back(std::int64_t{rank});
  return list(std::move(items));
}

ProbeValue ProbeValue::fields(std::vector<ProbeField> fields) {
  ProbeValue value;
  value.data_ = std::move(fields);
  return value;
}

std::string ProbeValue::to_string() const {
  if (const auto* found = number()) return fmt::format("{}", *found);
  if (const auto* found = text()) return "'" + *found + "'";
  if (const auto* found = group()) return "group " + found->to_string();
  if (const auto* found = items()) return "[" + join(*found, &ProbeValue::to_string, kListedNumbersMax) + "]";
  if (const auto* found = named()) return "{" + join(*found, &ProbeValue::to_string) + "}";
  if (const auto* found = error())
    return found->what.empty() ? found->type : found->type + ": " + found->what;
  return "None";
}

std::string ProbeValue::shape() const {
  if (const auto* found = number()) return *found < 0 ? "no rank" : "number";
  if (text()) return "text";
  if (const auto* found = group()) return fmt::format("group of {}", found->size());
  if (const auto* found = items()) {
    if (all_numbers(*found) && found->size() > kListedNumbersMax)
      return fmt::format("{} numbers", found->size());
    return "[" + join(*found, &ProbeValue::shape, found->size()) + "]";
  }
  if (const auto* found = named()) return "{" + join(*found, &ProbeValue::shape) + "}";
  if (const auto* found = error()) return found->type == "AttributeError" ? to_string() : found->type;
  return "None";
}

bool ProbeValue::operator==(const ProbeValue& other) const { return data_ == other.data_; }

}  // namespace gridlock
