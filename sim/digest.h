#pragma once

#include <bit>
#include <cstdint>

#include "core/base/units.h"

namespace gridlock::sim {

/// Running hash of what happened in a run, in order. Nothing that depends on how ranks are hosted goes into
/// it.
class Digest {
 public:
  /// At `time`, `what` happened to `who` (a rank or a group instance).
  void add(Nanos time, std::int32_t who, std::uint64_t what) {
    mix(static_cast<std::uint64_t>(time.count()));
    mix(what * kSecond ^ static_cast<std::uint32_t>(who));
  }
  std::uint64_t value() const { return state_ ^ state_ >> 32; }

 private:
  // One round of xxHash's 64-bit accumulator: order matters, every bit of the input reaches the high bits.
  static constexpr std::uint64_t kFirst = 0x9E37'79B1'85EB'CA87ULL;
  static constexpr std::uint64_t kSecond = 0xC2B2'AE3D'27D4'EB4FULL;

  void mix(std::uint64_t value) { state_ = std::rotl(state_ + value * kSecond, 31) * kFirst; }

  std::uint64_t state_ = 0x2774'5165'67D6'4C3FULL;
};

}  // namespace gridlock::sim
