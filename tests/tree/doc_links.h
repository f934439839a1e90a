#pragma once

#include "tests/tree/source_file.h"

namespace gridlock::tree {

/// Links of Markdown files to files that do not exist, and pages under docs/ that docs/README.md does not
/// link to. `files` is the whole tree.
Findings check_doc_links(const SourceFiles& files);

}  // namespace gridlock::tree
