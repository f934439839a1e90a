#pragma once

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// Whether `more` is `fewer` and one call that stands in it twice under one name, where other names of the
/// program stand once: it is one too many, and none was left out. A name is a label with its counters. False
/// where labels do not tell.
bool has_one_twice(const SiteTable& sites, const CallList& more, const CallList& fewer);

}  // namespace gridlock
