#pragma once

namespace gridlock {

/// Ends the process with the place and the broken assumption: a failed check is a bug of this project, never
/// the user's. On in every build type.
[[noreturn]] void check_failed(const char* file, int line, const char* condition) noexcept;

}  // namespace gridlock

#define GRIDLOCK_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::gridlock::check_failed(__FILE__, __LINE__, #condition))
