#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/diagnosis/diagnosis.h"

namespace gridlock {

/// Where a code can be met: a scenario (or history) of this repository that is diagnosed so, its twin that is
/// not, and threads in which people had that trouble. Empty texts: none.
struct CodeExample {
  Code code;
  std::string_view scenario;
  std::string_view quiet_twin;
  std::array<std::string_view, 3> threads;
};

/// All rows; every code has one.
std::span<const CodeExample> code_examples();
/// Null for a code without a row.
const CodeExample* code_example(Code code);

}  // namespace gridlock
