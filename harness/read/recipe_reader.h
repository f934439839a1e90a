#pragma once

#include "core/grid/recipe.h"
#include "harness/read/json_cursor.h"

namespace gridlock {

/// The name of a known recipe, or an object that says one: {"name", "registry", "blocks": [{"inside" or
/// "all_but", "view", "numbering", "families": [...]}]}. Throws InputError at the place of what is wrong.
Recipe read_recipe(const JsonCursor& cursor);

}  // namespace gridlock
