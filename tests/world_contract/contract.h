#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "core/rank/rank.h"
#include "tests/checked_call.h"
#include "tests/world_contract/worlds.h"

namespace gridlock {

/// Base of the suites: one test body, run on every world of worlds.h.
///
/// On real worlds every rank is a process of its own, so a program must not share state through captures
/// (what it writes there is lost) and must not use gtest assertions: it reports through rank.complain, see
/// expect() below.
class Contract : public testing::TestWithParam<WorldFactory> {
 protected:
  /// Runs `main` once on each rank and waits for the end. Hangs are ended after two seconds on real worlds.
  RunResult run_ranks(RankId world_size, std::function<void(Rank&)> main) const;
  /// Expects that the run passed; prints complaints and diagnoses if not.
  static void expect_passed(const RunResult& result);
};

}  // namespace gridlock
