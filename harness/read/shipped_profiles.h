#pragma once

#include <span>
#include <string_view>

namespace gridlock {

/// A file of profiles/ as it is part of the binary.
struct ShippedProfile {
  std::string_view name;
  std::string_view text;
};

/// In order of their names.
std::span<const ShippedProfile> shipped_profile_texts();

}  // namespace gridlock
