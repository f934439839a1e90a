#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/act_machine.h"

namespace gridlock {

/// What came of a program under every order in which its hosts can make their requests.
struct AllSchedules {
  /// Verdict and transcript of each, as one text.
  std::set<std::string> said;
  std::size_t count = 0;
  /// Some schedule noted a choice.
  bool has_choices = false;
  /// Every schedule noted one.
  bool always_has_choices = true;
};

/// Runs the programs of all ranks under every schedule.
AllSchedules run_all(const std::vector<Acts>& programs, RunOptions options);

}  // namespace gridlock
