#pragma once

#include <cstdint>
#include <string>

#include "core/base/label.h"
#include "core/base/units.h"

namespace gridlock {

/// Something a program found wrong about its own run.
struct Complaint {
  enum class Kind : std::uint8_t { expectation_failed, wrong_result };
  Kind kind = Kind::expectation_failed;
  RankId rank = kNoRank;
  Label label;
  /// Expected and got, in one sentence.
  std::string text;
};

}  // namespace gridlock
