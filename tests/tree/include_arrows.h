#pragma once

#include "tests/tree/source_file.h"

namespace gridlock::tree {

/// Includes that cross the arrows between folders (docs/architecture.md), that name a third-party library
/// where it does not belong, or that do not name one of our own files by its path from the root.
Findings check_includes(const SourceFile& file);

/// Folders that hold C++ and have no row in the table of arrows.
Findings check_folders(const SourceFiles& files);

}  // namespace gridlock::tree
