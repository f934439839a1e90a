#pragma once

#include <string>

#include "core/rank/rank.h"
#include "harness/model/scenario.h"
#include "harness/run/rank_names.h"
#include "harness/run/rank_view.h"

namespace gridlock {

/// Checks an `expect` step on this rank now. "" when it holds, else what was expected and what is, in one
/// sentence. Never parks; the buffers it reads must not be in use by an open call.
std::string check_expectation(const ExpectAction& expect, RankContext& rank, const RankView& view,
                              const RankNames& names, const Scenario& scenario);

}  // namespace gridlock
