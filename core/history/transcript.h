#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/history/histories.h"

namespace gridlock {

/// What a rank did and got, without time and without order between ranks: every call with its group's key,
/// members and own group rank, in the order per group, and the results. Equal for one program on every world,
/// and over all schedules of a program without timing choices.
struct Transcript {
  /// Hash per rank; index = world rank.
  std::vector<std::uint64_t> ranks;
  /// Hash over all ranks.
  std::uint64_t hash = 0;
};

/// The transcript of a run that any world made. O(records).
Transcript make_transcript(const Histories& histories);

/// The lines behind one rank's hash, for showing the first difference of two runs: one per record, in program
/// order. A rank's host threads stand one behind the other.
std::vector<std::string> transcript_lines(const Histories& histories, RankId rank);

}  // namespace gridlock
