#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace gridlock {

/// "1 group", "2 groups": a number of things as people write it.
std::string plural(std::integral auto count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

}  // namespace gridlock
