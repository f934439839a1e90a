#include <vector>

#include "tests/tree/banned_calls.h"

namespace gridlock::tree {

std::span<const Permission> permissions() {
  static const std::vector<Permission> entries = {
      {"sim/fiber_host.cpp", "clock", "the interface of Boost.Fiber names a point of time; nothing reads it"},
  };
  return entries;
}

}  // namespace gridlock::tree
