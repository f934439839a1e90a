#pragma once

#include <span>
#include <string>

#include "harness/histories/recorded_run.h"

namespace gridlock {

/// Reads the files of one run: history files (docs/history_format.md), dumps of PyTorch's flight recorder,
/// one per rank, as JSON or as pickles, or logs of NCCL, which beside the others only add notes; what a file
/// is, its content tells. A folder stands for the files in
/// it, of which those that are neither are passed over; where it has both a pickle and a JSON dump of a rank,
/// the pickle, which has stacks, is read. The rank of a dump is the number after "rank" in its file name, or
/// the last number in it. Throws InputError with the file and the place in it; nothing is returned half-read.
RecordedRun read_run(std::span<const std::string> paths);

/// Largest file that is read.
inline constexpr std::size_t kRunFileMax = std::size_t{1} << 30;

}  // namespace gridlock
