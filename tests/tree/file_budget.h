#pragma once

#include "tests/tree/source_file.h"

namespace gridlock::tree {

inline constexpr int kLinesMax = 450;
inline constexpr int kLinesOfNineInTen = 300;
inline constexpr int kLinesMedianMax = 130;

/// C++ files above kLinesMax lines; and, over the product's files, a median above kLinesMedianMax and a tenth
/// that is longer than kLinesOfNineInTen.
Findings check_file_budget(const SourceFiles& files);

}  // namespace gridlock::tree
