#pragma once

#include "tests/tree/source_file.h"

namespace gridlock::tree {

/// Headers that do not start with #pragma once, and types and functions of a header of core, declared at
/// namespace level, that have no /// comment. A comment covers the declarations that follow it without an
/// empty line. Conversions between a value and its word, and tables of rows (`x_name`, `x_from_name`,
/// `x_info`, `all_xs`, `to_string`), are the same everywhere and need none.
Findings check_header(const SourceFile& file);

}  // namespace gridlock::tree
