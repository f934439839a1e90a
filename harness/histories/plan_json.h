#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "core/grid/plan.h"
#include "harness/read/json_cursor.h"

namespace gridlock {

/// A plan as its inputs: topology, recipe (all of it, not its name), mapping, backend, timeout, views. A plan
/// is a pure function of them, so reading gives a plan of the same fingerprint.
nlohmann::ordered_json plan_json(const Plan& plan);

/// Throws InputError for anything plan_json does not write, and for what no plan can be made of in a world of
/// `world_size`.
std::shared_ptr<const Plan> read_plan(const JsonCursor& cursor, RankId world_size);

}  // namespace gridlock
