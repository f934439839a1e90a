#pragma once

#include <string_view>

#include "core/base/input_error.h"
#include "core/world/world.h"
#include "harness/model/scenario.h"

namespace gridlock {

/// The scenario is right, and the chosen world cannot run it: outcome `unsupported`.
class UnsupportedError : public InputError {
 public:
  using InputError::InputError;
};

/// Throws UnsupportedError (place: the step, or the file) for what the simulator can and a world of real
/// processes cannot: faults, sizes without data, several host threads on one rank, groups that are made or
/// given up by a part of the ranks.
void check_real_world(const Scenario& scenario, const RunOptions& options, std::string_view world);

}  // namespace gridlock
