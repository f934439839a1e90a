#pragma once

#include "tests/tree/source_file.h"

namespace gridlock::tree {

/// Files under scenarios/ that are no scenario with a name of its own: every such file is a test, and its
/// name is how it is reported. scenarios/schema holds the schema instead; schedule tables (.csv) are parts of
/// scenarios.
Findings check_scenario_files(const SourceFiles& files);

}  // namespace gridlock::tree
