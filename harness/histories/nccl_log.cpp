#include "harness/histories/nccl_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <span>

namespace gridlock {
namespace {

constexpr std::string_view kMark = " NCCL INFO ";
/// Lines in which a log has to show one of NCCL's.
constexpr int kFirstLines = 200;

/// Words of a line, between spaces.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

/// The word behind `key`; empty when there is none.
std::string_view value_of(const std::vector<std::string_view>& words, std::string_view key) {
  const auto found = std::find(words.begin(), words.end(), key);
  return found == words.end() || found + 1 == words.end() ? std::string_view() : *(found + 1);
}

std::optional<std::int64_t> number_in(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool is_whole = error == std::errc() && end == word.data() + word.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

struct Operation {
  std::string_view name;
  CallKind kind;
};

constexpr std::array<Operation, 10> kOperations{{{"AllReduce:", CallKind::all_reduce},
                                                 {"Broadcast:", CallKind::broadcast},
                                                 {"Reduce:", CallKind::reduce},
                                                 {"AllGather:", CallKind::all_gather},
                                                 {"ReduceScatter:", CallKind::reduce_scatter},
                                                 {"AlltoAll:", CallKind::all_to_all},
                                                 {"Gather:", CallKind::gather},
                                                 {"Scatter:", CallKind::scatter},
                                                 {"Send:", CallKind::send},
                                                 {"Recv:", CallKind::recv}}};

/// The row of a table whose nccl_number it is.
template <typename Row>
const Row* row_of(std::span<const Row> table, std::optional<std::int64_t> number) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Row& row) {
    return number && row.nccl_number && *row.nccl_number == *number;
  });
  return found == table.end() ? nullptr : &*found;
}

/// One process while its lines are read.
class ProcessReader {
 public:
  ProcessReader(std::string file, std::string name) {
    process_.file = std::move(file);
    process_.name = std::move(name);
  }

  void take(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() < 3) return;
    if (words[0] == "NCCL" && words[1] == "version") {
      process_.version = std::string(words[2].substr(0, words[2].find('+')));
    } else if (line.find(" - Init ") != std::string_view::npos) {
      take_init(words, line.ends_with("COMPLETE"));
    } else if (line.find(" - Abort COMPLETE") != std::string_view::npos ||
               line.find(" - Destroy COMPLETE") != std::string_view::npos) {
      here_.erase(std::string(value_of(words, "comm")));
    } else if (words[1] == "opCount") {
      take_call(words);
    }
  }

  NcclProcess finished() { return std::move(process_); }

 private:
  void take_init(const std::vector<std::string_view>& words, bool is_made) {
    const std::string pointer(value_of(words, "comm"));
    const auto rank = number_in(value_of(words, "rank"));
    const auto size = number_in(value_of(words, "nranks"));
    const std::string id = id_of(words);
    if (pointer.empty() || !rank || !size || id.empty() || *rank < 0 || *rank >= *size || *size > kSizeMax)
      return;
    const auto known = here_.find(pointer);
    if (known != here_.end() && process_.communicators[known->second].id == id) {
      NcclCommunicator& begun = process_.communicators[known->second];
      begun.is_made = begun.is_made || is_made;
      return;
    }
    here_[pointer] = process_.communicators.size();
    process_.communicators.push_back({id, static_cast<RankId>(*rank), static_cast<RankId>(*size), is_made});
  }

  std::string id_of(const std::vector<std::string_view>& words) const {
    const std::string_view id = value_of(words, "commId");
    if (!id.empty()) return std::string(id);
    const auto parent = here_.find(std::string(value_of(words, "parent")));
    if (parent == here_.end()) return "";
    return fmt::format("{} split {} color {}", process_.communicators[parent->second].id,
                       value_of(words, "splitCount"), value_of(words, "color"));
  }

  void take_call(const std::vector<std::string_view>& words) {
    const auto known = here_.find(std::string(value_of(words, "comm")));
    const auto named = std::find_if(kOperations.begin(), kOperations.end(),
                                    [&](const Operation& one) { return one.name == words[0]; });
    const auto count = number_in(value_of(words, "count"));
    const auto root = number_in(value_of(words, "root"));
    if (known == here_.end() || named == kOperations.end() || !count || *count < 0 || !root) {
      ++process_.unread_calls;
      return;
    }
    NcclCall call;
    call.kind = named->kind;
    call.count = *count;
    if (const auto* type = row_of(all_dtypes(), number_in(value_of(words, "datatype"))))
      call.dtype = type->dtype;
    if (const auto* op = row_of(all_reduce_ops(), number_in(value_of(words, "op")))) call.op = op->op;
    call.root = *root >= 0 && *root < process_.communicators[known->second].size ? static_cast<RankId>(*root)
                                                                                 : kNoRank;
    call.communicator = known->second;
    call.stream = std::string(value_of(words, "stream"));
    process_.calls.push_back(std::move(call));
  }

  static constexpr std::int64_t kSizeMax = 1 << 20;

  NcclProcess process_;
  /// Communicators that live, by their pointers: a pointer is used again when one is gone.
  std::map<std::string, std::size_t> here_;
};

/// "host:pid" of a line that begins "host:pid:tid [device]".
std::string_view process_of(std::string_view prefix) {
  prefix = prefix.substr(0, prefix.find(" ["));
  if (const std::size_t space = prefix.rfind(' '); space != std::string_view::npos)
    prefix.remove_prefix(space + 1);
  return prefix.substr(0, prefix.rfind(':'));
}

template <typename Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!visit(line)) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

bool is_nccl_log(std::string_view text) {
  int lines = 0;
  bool is_log = false;
  for_each_line(text, [&](std::string_view line) {
    is_log = line.find(kMark) != std::string_view::npos;
    return !is_log && ++lines < kFirstLines;
  });
  return is_log;
}

std::vector<NcclProcess> read_nccl_log(std::string_view text, const std::string& file) {
  std::vector<ProcessReader> readers;
  std::map<std::string, std::size_t, std::less<>> known;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t mark = line.find(kMark);
    if (mark == std::string_view::npos) return true;
    const std::string_view process = process_of(line.substr(0, mark));
    auto place = known.find(process);
    if (place == known.end()) {
      place = known.emplace(std::string(process), readers.size()).first;
      readers.emplace_back(file, std::string(process));
    }
    readers[place->second].take(line.substr(mark + kMark.size()));
    return true;
  });
  std::vector<NcclProcess> processes;
  for (ProcessReader& reader : readers) processes.push_back(reader.finished());
  return processes;
}

}  // namespace gridlock
