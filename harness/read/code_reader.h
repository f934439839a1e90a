#pragma once

#include "core/diagnosis/diagnosis.h"
#include "harness/read/json_cursor.h"

namespace gridlock {

/// The diagnosis code with that name. Throws InputError with the nearest one; its place is left to the
/// caller.
Code code_named(const std::string& name);

/// The same for a value of a file.
Code read_code(const JsonCursor& cursor);

}  // namespace gridlock
