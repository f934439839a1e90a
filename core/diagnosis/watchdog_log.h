#pragma once

#include <string>
#include <vector>

#include "core/history/histories.h"

namespace gridlock {

/// What the watchdogs of torch's NCCL groups would have logged about a run that stands still (rule P07), in
/// their words: one line for the oldest open work of each stream of a rank, by rank, at most `max` lines.
/// Works are numbered as torch does, from 1 per group; waits before anything is enqueued are not seen, which
/// is why such a log often names the wrong rank. `timeout` zero: each group's own.
std::vector<std::string> watchdog_log(const Histories& histories, Nanos timeout, std::size_t max);

}  // namespace gridlock
