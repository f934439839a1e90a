#include "core/mpu/value_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"

namespace gridlock {
namespace {

/// Lists that are longer are lists of ranks, which nobody reads item by item.
constexpr std::size_t kPartsMax = 16;

}  // namespace

void ValueSummary::add(const ProbeValue& value) {
  if (empty_) first_ = value;
  all_equal_ = all_equal_ && value == first_;
  if (const auto* number = value.number()) {
    min_ = empty_ ? *number : std::min(min_, *number);
    max_ = empty_ ? *number : std::max(max_, *number);
  }
  if (const auto* group = value.group()) groups_.insert(group->hash());
  if (const auto* text = value.text()) texts_.insert(*text);
  if (const auto* items = value.items(); items && items->size() <= kPartsMax) {
    parts_.resize(items->size());
    for (std::size_t i = 0; i < items->size(); ++i) parts_[i].add((*items)[i]);
  }
  if (const auto* fields = value.named()) {
    parts_.resize(fields->size());
    for (std::size_t i = 0; i < fields->size(); ++i) parts_[i].add((*fields)[i].value);
  }
  empty_ = false;
}

std::string ValueSummary::to_string() const {
  GRIDLOCK_CHECK(!empty_);
  if (all_equal_) return first_.to_string();
  if (first_.number()) return fmt::format("{}..{}", min_, max_);
  if (const auto* group = first_.group()) {
    return fmt::format("{} groups of {}, the first {}", groups_.size(), group->size(), group->to_string());
  }
  if (first_.text()) return fmt::format("{} texts, the first {}", texts_.size(), first_.to_string());
  if (const auto* fields = first_.named()) {
    std::string text;
    for (std::size_t i = 0; i < fields->size(); ++i) {
      text += (i > 0 ? ", " : "") + (*fields)[i].name + ": " + parts_[i].to_string();
    }
    return "{" + text + "}";
  }
  if (const auto* items = first_.items(); items && items->size() <= kPartsMax) {
    std::string text;
    for (std::size_t i = 0; i < items->size(); ++i) text += (i > 0 ? ", " : "") + parts_[i].to_string();
    return "[" + text + "]";
  }
  return first_.to_string() + " and alike";
}

}  // namespace gridlock
