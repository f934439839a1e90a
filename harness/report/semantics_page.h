#pragma once

#include <string>

namespace gridlock {

/// docs/semantics.md: every knob with its value in every preset, and the rules that knobs and code name.
std::string semantics_page();

}  // namespace gridlock
