#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/complaint.h"
#include "core/diagnosis/judge.h"
#include "harness/read/json_cursor.h"

namespace gridlock {

/// Version of the format that is written, and the only one that is read.
inline constexpr int kHistoryVersion = 1;

// The lines of a history file, one type each; docs/history_format.md describes them.

/// First line of every file.
struct HeaderLine {
  RankId world_size = 0;
  std::optional<RunEnd> end;
};

/// Begins the history of some ranks that did the same: `records` lines follow.
struct RanksLine {
  RankSet ranks;
  HostState state = HostState::unknown;
  std::vector<OpenWork> open;
  bool starts_late = false;
  std::int64_t records = 0;
};

/// A group that exists without a record of its creation, for sources that do not see creations.
struct GroupLine {
  std::string alias;
  std::int64_t creation = 0;
  GroupSpec spec;
};

/// One record. What depends on the tables of a run is kept as it was written.
struct RecordLine {
  /// Without group, label and detail.
  Record record;
  Label label;
  std::optional<Site> site;
  std::optional<std::string> group;
  std::vector<std::int64_t> counts;
  std::optional<GroupSpec> spec;
  std::shared_ptr<const Plan> plan;
  /// Of a grid, a post or an await.
  std::string name;
};

struct ComplaintLine {
  Complaint complaint;
  std::optional<Site> site;
};

using HistoryLine = std::variant<HeaderLine, RanksLine, GroupLine, RecordLine, ComplaintLine>;

/// Reads one line. `world_size` bounds ranks; it is 0 before the header is known, which is then the only line
/// allowed. Throws InputError at the place in the line.
HistoryLine read_history_line(const JsonCursor& cursor, RankId world_size);

/// Adds "label", "loops" and "at".
void put_label(nlohmann::ordered_json& json, const Site& site, const Label& label);

}  // namespace gridlock
