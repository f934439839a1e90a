#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/mpu/probe_value.h"

namespace gridlock {

/// The values that ranks of one class got for one question, in a few words: "2", "0..7", "64 groups of 8, the
/// first [0, 64, ...]". Requires: all added values have the same shape().
class ValueSummary {
 public:
  void add(const ProbeValue& value);
  /// Requires: something was added.
  std::string to_string() const;

 private:
  bool empty_ = true;
  bool all_equal_ = true;
  ProbeValue first_;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  std::set<std::uint64_t> groups_;
  std::set<std::string> texts_;
  /// One for each item of a list or field of a dict.
  std::vector<ValueSummary> parts_;
};

}  // namespace gridlock
