#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/complaint.h"
#include "core/diagnosis/judge.h"
#include "harness/histories/creation_states.h"
#include "harness/histories/history_line.h"

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
  /// Record lines of one history.
  struct Body {
    std::string text;
    /// Groups of which they speak and which they do not make.
    std::vector<InstanceId> groups;
  };
  /// One file.
  struct File {
    std::vector<InstanceId> groups;
    std::string lines;
  };

  std::string finished(const File& file);
  void add_history(File& file, const RankSet& ranks);
  void add_connection(File& file, std::int32_t number);
  void add_pairs(File& file, RankId rank);
  void add_races(File& file, RankId rank) const;
  void add_complaints(File& file, RankId rank) const;
  RanksLine ranks_line(RankId rank) const;
  const Body& body(RankId rank);
  RecordLine record_line(RankId rank, const Record& record, CreationStates::State& state, Body& body);
  LinePlace place_of(const Label& label) const;
  /// What the files call a group that no record of theirs makes; noted in `groups`.
  std::string declared(InstanceId instance, std::vector<InstanceId>& groups);

  const Histories& histories_;
  RunEnd end_;
  std::span<const Complaint> complaints_;
  /// A copy, so that replaying creations finds the handles of the run.
  GroupTable groups_;
  CreationStates states_;
  /// Lines of the histories written so far, by their node; only looked up.
  std::unordered_map<std::uint32_t, Body> bodies_;
  std::map<InstanceId, std::string> aliases_;
  /// Names that no alias may be.
  std::set<std::string> taken_;
};

}  // namespace gridlock
