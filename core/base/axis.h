#pragma once

#include <string>

#include "core/base/units.h"

namespace gridlock {

/// A coordinate on one named axis: {"pipe", 1}. Indexes count from 0.
struct AxisIndex {
  std::string axis;
  RankId index = 0;

  bool operator==(const AxisIndex&) const = default;
};

}  // namespace gridlock
