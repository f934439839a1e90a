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

/// Version of the format that is written. Version 1 is read too: it lacks some keys and has no other meaning.
inline constexpr int kHistoryVersion = 2;

// The lines of a history file, one type each; docs/history_format.md describes them and history_fields.h
// lists their keys.

/// A place in the program, as it stands in a line.
struct LinePlace {
  std::optional<Site> site;
  /// Without the site's number.
  Label label;
};

/// First line of every file.
struct HeaderLine {
  std::int32_t version = kHistoryVersion;
  RankId world_size = 0;
  std::optional<RunEnd> end;
  Nanos time{0};
  RankId ranks_per_node = 0;
};

/// Another host thread of the ranks of a RanksLine.
struct ThreadLine {
  std::string name;
  /// Without name and label; `connection` is the number in the file.
  ThreadEnd end;
  /// ThreadEnd::busy_until is kNever.
  bool hangs = false;
  LinePlace works_in;
};

/// Begins the history of some ranks that did the same: `records` lines follow.
struct RanksLine {
  RankSet ranks;
  /// Without node, label and results; `connection` is the number in the file.
  RankEnd end;
  /// RankEnd::busy_until is kNever.
  bool hangs = false;
  LinePlace works_in;
  std::vector<ThreadLine> threads;
  std::int64_t records = 0;
};

/// A group that no record of the file makes: one of which only this is known, or whose making does not say
/// what came of it (a split).
struct GroupLine {
  /// What the other lines of the file call it.
  std::string alias;
  GroupSpec spec;
  /// Number in the order of creation; -1: it is known by its key.
  std::int64_t creation = -1;
  std::optional<GroupKey> key;
};

/// Connection `number`, for the lines of the ranks that wait in it.
struct ConnectionLine {
  std::int32_t number = 0;
  std::string group;
  RankSet absent;
};

/// SilentMismatch or Unreceived.
struct PairLine {
  std::string group;
  std::int32_t sequence = 0;
  GroupRank from = -1;
  GroupRank to = -1;
};
struct SilentMismatchLine : PairLine {};
struct UnreceivedLine : PairLine {};

struct BufferRaceLine {
  BufferRace race;
};

/// One record. What depends on the tables of a run is kept as it was written.
struct RecordLine {
  /// Without group, label and detail.
  Record record;
  std::string group;
  /// What Record::detail stands for: as its kind needs.
  std::vector<std::int64_t> counts;
  std::optional<GroupSpec> spec;
  std::shared_ptr<const Plan> plan;
  std::optional<std::string> name;
  /// Name of the host thread; empty for the main one.
  std::string thread;
  CallNotes notes;
  LinePlace place;
};

struct ComplaintLine {
  Complaint complaint;
  LinePlace place;
};

using HistoryLine = std::variant<HeaderLine, RanksLine, GroupLine, ConnectionLine, SilentMismatchLine,
                                 UnreceivedLine, BufferRaceLine, RecordLine, ComplaintLine>;

/// Reads one line. `world_size` bounds ranks; it is 0 before the header is known, which is then the only line
/// allowed. Throws InputError at the place in the line.
HistoryLine read_history_line(const JsonCursor& cursor, RankId world_size);

/// The line as JSON, without its line end; read_history_line reads it back.
std::string history_line_text(HistoryLine line);

/// All keys that a line of that type may have.
template <typename Line>
const std::vector<std::string>& history_line_keys();

}  // namespace gridlock
