#pragma once

#include <string>

#include "core/diagnosis/diagnosis.h"
#include "core/history/histories.h"

namespace gridlock {

/// A diagnosis as plain text, lines of at most about 110 columns, without colour, one screen whatever the
/// world size: verdict, who, where the ranks parted, who waits for whom, who merely waits, what to change.
/// Ends with a newline.
std::string render(const Diagnosis& diagnosis, const Histories& histories);

}  // namespace gridlock
