#include <vector>

#include "tests/tree/banned_calls.h"

namespace gridlock::tree {

std::span<const Permission> permissions() {
  static const std::vector<Permission> entries = {};
  return entries;
}

}  // namespace gridlock::tree
