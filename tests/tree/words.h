#pragma once

#include "tests/tree/source_file.h"

namespace gridlock::tree {

/// Words that do not belong in the repository: paths of somebody's machine, and marks of work that is not
/// done. Recorded data under tests/data is left as it was recorded.
Findings check_words(const SourceFile& file);

}  // namespace gridlock::tree
