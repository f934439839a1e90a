#pragma once

#include <csignal>

namespace gridlock::cli {

/// From now on the first SIGINT or SIGTERM sets the flag that is returned, so that a run can end with its
/// report; a second one ends the process as ever. A run that has not ended kReportSeconds after the first,
/// because a world of millions of ranks is being made or judged, is ended without a report, with the exit
/// code of interrupted. The flag lives as long as the process.
const volatile std::sig_atomic_t* interrupt_by_signals();

inline constexpr unsigned kReportSeconds = 1;

/// The run has ended: what it says is written whole, however long that takes.
void keep_reports();

}  // namespace gridlock::cli
