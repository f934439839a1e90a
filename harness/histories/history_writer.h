#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/complaint.h"
#include "core/diagnosis/judge.h"
#include "harness/histories/creation_states.h"

namespace gridlock {

/// Writes the histories of a run as files of the history format (docs/history_format.md). Reading them gives
/// histories of which `judge` says the same, word for word. Looks at the histories, which must outlive it.
class HistoryWriter {
 public:
  HistoryWriter(const Histories& histories, RunEnd end, std::span<const Complaint> complaints);

  /// One file for the whole run: ranks that did the same share their lines.
  std::string run_text();
  /// The file of one rank.
  std::string rank_text(RankId rank);

 private:
  std::string header() const;
  std::string ranks_line(const RankSet& ranks) const;
  const std::string& body(HistoryNode node);
  std::string line(const Record& record, CreationStates::State& state);
  std::string complaint_lines(RankId rank) const;

  const Histories& histories_;
  RunEnd end_;
  std::span<const Complaint> complaints_;
  /// A copy, so that replaying creations finds the handles of the run.
  GroupTable groups_;
  CreationStates states_;
  /// Lines of the histories written so far, by their node; only looked up.
  std::unordered_map<std::uint32_t, std::string> bodies_;
};

}  // namespace gridlock
