#pragma once

#include <string>
#include <string_view>

namespace gridlock::testing {

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits: long recorded lists are kept as their hash.
std::string sha256(std::string_view text);

}  // namespace gridlock::testing
