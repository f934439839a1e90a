#pragma once

#include <csignal>

namespace gridlock::cli {

/// From now on the first SIGINT or SIGTERM sets the flag that is returned, so that a run can end with its
/// report; a second one ends the process as ever. The flag lives as long as the process.
const volatile std::sig_atomic_t* interrupt_by_signals();

}  // namespace gridlock::cli
