#pragma once

#include <string>
#include <vector>

namespace gridlock {

/// A page of docs/ that is made from what tables in the code know, so that it cannot fall behind them.
struct GeneratedPage {
  /// File name inside docs/.
  std::string name;
  std::string text;
};

/// outcomes.md, diagnoses.md, scenario_format.md and semantics.md. A test compares them with the files in the
/// repository; `gridlock docs` rewrites those.
std::vector<GeneratedPage> generated_docs();

}  // namespace gridlock
