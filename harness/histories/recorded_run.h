#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/diagnosis/judge.h"

namespace gridlock {

/// A run as files tell it: what `judge` needs, wherever the run took place.
struct RecordedRun {
  std::shared_ptr<Histories> histories;
  RunEnd end = RunEnd::returned;
  std::vector<Complaint> complaints;
  /// The source tells which calls completed; where it does not, no verdict is certain.
  bool shows_completion = true;
  /// What the reader of a report should know about the files: one sentence each.
  std::vector<std::string> notes;
};

/// Largest world that files may speak of: beyond it a number in a file is taken for damage.
inline constexpr RankId kRecordedWorldMax = 1 << 20;

}  // namespace gridlock
