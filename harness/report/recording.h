#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/runner.h"

namespace gridlock {

/// A run that can be repeated: the plain scenario with everything the command line changed, and what came of
/// it. As a file it is a scenario with one more key, "recorded", so that `gridlock run` takes it too.
struct Recording {
  std::shared_ptr<const Scenario> scenario;
  RunOptions options;
  std::string world;
  Outcome outcome = Outcome::passed;
  std::uint64_t digest = 0;
  std::uint64_t transcript = 0;
  /// Transcript lines of each rank; empty when the run was larger than kRecordedLinesMax lines.
  std::vector<std::vector<std::string>> lines;
};

inline constexpr std::size_t kRecordedLinesMax = 100'000;

/// The recording of a run.
Recording record(const CaseResult& result);
/// The same as file text.
std::string recording_text(const CaseResult& result);

/// Throws InputError for a file that is no scenario or was not written by recording_text.
Recording read_recording(const std::string& path);

/// How the two sides of a comparison are called: {"recorded", "now"}, {"sim", "gloo"}.
struct RecordingNames {
  std::string first;
  std::string second;
};

/// What differs between two runs, worlds, seeds and files aside: outcome, the first line of the first rank
/// whose transcript differs (groups, members, group ranks, calls in order, results) and how many ranks
/// differ, transcript, and the digest where both runs have one. Empty: the same run.
std::vector<std::string> recording_differences(const Recording& first, const Recording& second,
                                               const RecordingNames& names);

}  // namespace gridlock
