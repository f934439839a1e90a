#include "harness/histories/run_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "core/base/input_error.h"
#include "harness/histories/flight_history.h"
#include "harness/histories/history_reader.h"
#include "harness/histories/nccl_history.h"
#include "harness/histories/pickle.h"

namespace gridlock {
namespace {

enum class FileKind { history, json_dump, pickle_dump, nccl_log, other };

struct RunFile {
  std::string path;
  /// Named by the user, not found in a folder.
  bool is_named = false;
};

std::vector<RunFile> list_files(std::span<const std::string> paths) {
  std::vector<RunFile> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back({path, true});
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.is_regular_file()) found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end());
    for (std::string& file : found) files.push_back({std::move(file), false});
  }
  return files;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (!in || error) throw InputError(path, "cannot read this file");
  if (size > kRunFileMax)
    throw InputError(path, fmt::format("{} bytes are more than the {} that are read", size, kRunFileMax));
  std::string bytes(static_cast<std::size_t>(size), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

FileKind kind_of(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return FileKind::other;
  if (static_cast<unsigned char>(bytes[0]) == 0x80) return FileKind::pickle_dump;
  if (bytes[first] != '{') return is_nccl_log(bytes) ? FileKind::nccl_log : FileKind::other;
  const std::string_view line = bytes.substr(first, bytes.find('\n', first) - first);
  return line.substr(0, 200).find("gridlock_history") != std::string_view::npos ? FileKind::history
                                                                                : FileKind::json_dump;
}

/// The number after "rank", or the last one.
std::optional<RankId> rank_in_name(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t first = name.rfind("rank");
  if (first != std::string::npos) {
    first += 4;
    while (first < name.size() && (name[first] == '_' || name[first] == '-')) ++first;
  }
  if (first == std::string::npos || first >= name.size() || !is_digit(name[first])) {
    std::size_t last = name.size();
    while (last > 0 && !is_digit(name[last - 1])) --last;
    first = last;
    while (first > 0 && is_digit(name[first - 1])) --first;
    if (first == last) return std::nullopt;
  }
  RankId rank = 0;
  const auto [end, error] = std::from_chars(name.data() + first, name.data() + name.size(), rank);
  if (error != std::errc() || rank >= kRecordedWorldMax) return std::nullopt;
  return rank;
}

nlohmann::json parse(std::string_view bytes, const std::string& path) {
  try {
    return nlohmann::json::parse(bytes);
  } catch (const nlohmann::json::exception& error) {
    const std::string text = error.what();
    const std::size_t words = text.find("] ");
    throw InputError(path,
                     "this is no JSON: " + (words == std::string::npos ? text : text.substr(words + 2)));
  }
}

bool looks_like_a_dump(const nlohmann::json& json) {
  return json.is_object() && (json.contains("pg_config") || json.contains("pg_status") ||
                              (json.contains("version") && json.contains("entries")));
}

class RunReader {
 public:
  RecordedRun read(std::span<const std::string> paths) {
    for (const RunFile& file : list_files(paths)) take(file);
    if (dumps_.empty() && history_count_ == 0 && logs_.empty()) {
      throw InputError(fmt::format("{}", fmt::join(paths, ", ")),
                       "there is no history, no flight recorder dump and no NCCL log here",
                       "gridlock run SCENARIO --history FILE writes a history");
    }
    if (!dumps_.empty() && history_count_ > 0) {
      throw InputError(dumps_.begin()->second.file,
                       "this is a flight recorder dump, and other files are histories: which run is meant?");
    }
    RecordedRun run = history_count_ > 0 ? histories_.take()
                      : dumps_.empty()   ? run_of_logs()
                                         : run_of_dumps();
    add_notes(run);
    return run;
  }

 private:
  void take(const RunFile& file) {
    const std::string bytes = read_file(file.path);
    switch (kind_of(bytes)) {
      case FileKind::history:
        ++history_count_;
        return histories_.read(bytes, file.path);
      case FileKind::json_dump: {
        const nlohmann::json json = parse(bytes, file.path);
        if (!file.is_named && !looks_like_a_dump(json)) return pass_over(file);
        return take_dump(json, file, false);
      }
      case FileKind::pickle_dump:
        return take_dump(read_pickle(bytes, file.path), file, true);
      case FileKind::nccl_log:
        return take_log(bytes, file);
      case FileKind::other:
        return pass_over(file);
    }
  }

  void take_log(std::string_view bytes, const RunFile& file) {
    std::vector<NcclProcess> processes = read_nccl_log(bytes, file.path);
    if (processes.size() == 1) processes.front().rank = rank_in_name(file.path).value_or(kNoRank);
    for (NcclProcess& process : processes) logs_.push_back(std::move(process));
  }

  RecordedRun run_of_logs() {
    const bool has_calls =
        std::any_of(logs_.begin(), logs_.end(), [](const NcclProcess& one) { return !one.calls.empty(); });
    if (!has_calls) {
      throw InputError(
          logs_.front().file, "this is a log of NCCL without any call, which allows no verdict",
          "NCCL_DEBUG=INFO NCCL_DEBUG_SUBSYS=INIT,COLL logs calls; a flight recorder dump says more");
    }
    return run_of_nccl_logs(std::exchange(logs_, {}));
  }

  void pass_over(const RunFile& file) {
    if (file.is_named) {
      throw InputError(
          file.path, "this is neither a history nor a flight recorder dump nor a log of NCCL",
          "histories begin with {\"gridlock_history\": 1, ...}; dumps are JSON objects or pickles");
    }
    ++passed_over_;
  }

  void take_dump(const nlohmann::json& json, const RunFile& file, bool is_pickle) {
    const std::optional<RankId> rank = rank_in_name(file.path);
    if (!rank) {
      throw InputError(file.path, "a dump does not say whose it is, and there is no rank in this file name",
                       "name the files ...rank_0, ...rank_1 and so on");
    }
    FlightDump dump = read_flight_dump(json, *rank, file.path);
    const auto known = dumps_.find(*rank);
    if (known == dumps_.end()) {
      dumps_.emplace(*rank, std::move(dump));
      is_pickle_[*rank] = is_pickle;
      return;
    }
    if (file.is_named || is_pickle_[*rank] == is_pickle) {
      throw InputError(file.path,
                       fmt::format("a second dump of rank {}; the first is {}", *rank, known->second.file));
    }
    ++twice_;
    if (!is_pickle) return;
    known->second = std::move(dump);
    is_pickle_[*rank] = true;
  }

  RecordedRun run_of_dumps() {
    std::vector<FlightDump> list;
    for (auto& [rank, dump] : dumps_) list.push_back(std::move(dump));
    return run_of_flight_dumps(list);
  }

  void add_notes(RecordedRun& run) const {
    if (!logs_.empty()) add_log_notes(run);
    if (twice_ > 0) run.notes.push_back("where a rank has a pickle and a JSON dump, the pickle was read");
    if (passed_over_ > 0)
      run.notes.push_back(fmt::format("{} other files in the folder were passed over", passed_over_));
  }

  /// Beside histories the logs are witnesses only.
  void add_log_notes(RecordedRun& run) const {
    try {
      for (std::string& note : notes_of_nccl_logs(logs_)) run.notes.push_back(std::move(note));
      run.notes.emplace_back("the verdict is that of the other files; the NCCL logs changed nothing in it");
    } catch (const InputError& error) {
      run.notes.push_back(fmt::format("the NCCL logs were not used: {}", error.message()));
    }
  }

  HistoryReader histories_;
  std::vector<NcclProcess> logs_;
  int history_count_ = 0;
  std::map<RankId, FlightDump> dumps_;
  std::map<RankId, bool> is_pickle_;
  int twice_ = 0;
  int passed_over_ = 0;
};

}  // namespace

RecordedRun read_run(std::span<const std::string> paths) { return RunReader().read(paths); }

}  // namespace gridlock
