#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/histories/creation_states.h"
#include "harness/histories/history_line.h"
#include "harness/histories/recorded_run.h"

namespace gridlock {

/// Reads files of the history format into one run. Equal lines are understood once, however many ranks have
/// them, so that thousands of ranks cost little more than their bytes. All files of a run must agree on the
/// size of the world; every rank has its history in one place.
class HistoryReader {
 public:
  /// Longest line that is read.
  static constexpr std::size_t kLineMax = std::size_t{64} << 20;

  /// Adds a file. Throws InputError (file, line, column, JSON pointer) for anything that is not as
  /// docs/history_format.md says, a rank that was read before, and a history with fewer or more records than
  /// announced: nothing of the run is then to be used.
  void read(std::string_view text, const std::string& file);

  /// The run; `end` follows from the states of the ranks where no file says it. Requires: at least one file
  /// was read. Ends the use of this object.
  RecordedRun take();

 private:
  /// What a record line becomes for a rank whose creations are known.
  struct Resolved {
    Record record;
    CreationStates::State next = 0;
  };
  /// The history that is being read.
  struct Current {
    RankSet ranks;
    HistoryNode node = HistoryNode::empty;
    CreationStates::State state = 0;
    std::int64_t left = 0;
  };
  struct Place {
    const std::string& file;
    int line;
  };

  std::size_t understand(std::string_view text, const Place& place);
  void take_line(std::size_t line, const Place& place);
  void take_header(const HeaderLine& line, const Place& place);
  void declare(const GroupLine& line, const Place& place);
  void connect(const ConnectionLine& line, const Place& place);
  void take_pair(const PairLine& line, bool is_silent, const Place& place);
  void take_race(const BufferRace& race, const Place& place);
  void take_complaint(const ComplaintLine& line);
  InstanceId declared(const std::string& group, const Place& place) const;
  Label label_of(const LinePlace& line);
  /// Of a connection's number in the file; -1 for none.
  std::int32_t connection_of(std::int32_t number, const Place& place) const;
  void begin(const RanksLine& line, const Place& place);
  void append(std::size_t line, const Place& place);
  Resolved resolve(const RecordLine& line, CreationStates::State state, const Place& place);
  std::int32_t detail_of(const RecordLine& line);
  void finish_history(const Place& place);
  [[noreturn]] static void fail(const Place& place, std::string message, std::string hint = "");

  RecordedRun run_;
  std::unique_ptr<CreationStates> states_;
  bool has_end_ = false;
  bool has_header_ = false;
  std::vector<HistoryLine> lines_;
  std::unordered_map<std::string, std::size_t> line_ids_;
  std::unordered_map<std::uint64_t, Resolved> resolved_;
  /// Groups that no record makes, of the file that is being read.
  std::map<std::string, GroupHandle, std::less<>> declared_;
  /// Place of each connection in the run, by its number in the files.
  std::map<std::int32_t, std::int32_t> connections_;
  std::vector<bool> is_read_;
  Current current_;
};

}  // namespace gridlock
