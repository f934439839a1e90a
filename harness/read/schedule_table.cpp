#include "harness/read/schedule_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <tuple>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {
namespace {

constexpr std::int32_t kIndexMax = 1'000'000;

constexpr std::array<std::pair<std::string_view, StageWork>, 8> kWorks{
    {{"F", StageWork::forward},
     {"B", StageWork::backward},
     {"I", StageWork::backward_input},
     {"W", StageWork::backward_weight},
     {"SEND_F", StageWork::send_forward},
     {"RECV_F", StageWork::recv_forward},
     {"SEND_B", StageWork::send_backward},
     {"RECV_B", StageWork::recv_backward}}};
constexpr std::array<std::string_view, 3> kOthers{"UNSHARD", "RESHARD", "REDUCE_GRAD"};

/// One cell of a file.
class CellParser {
 public:
  CellParser(std::string_view text, std::string place)
      : whole_(text), text_(text), place_(std::move(place)) {}

  void parse_into(ScheduleTable::Row& row) {
    constexpr std::string_view kOverlap = ")OVERLAP_F_B";
    if (text_.empty()) {
      row.push_back(std::nullopt);
    } else if (text_.front() == '(' && text_.ends_with(kOverlap)) {
      text_ = text_.substr(1, text_.size() - 1 - kOverlap.size());
      const std::size_t middle = text_.find(';');
      if (middle == std::string_view::npos) refuse();
      const std::string_view second = text_.substr(middle + 1);
      text_ = text_.substr(0, middle);
      add_action(row);
      text_ = second;
      add_action(row);
    } else {
      add_action(row);
    }
  }

 private:
  void add_action(ScheduleTable::Row& row) {
    StageAction action;
    action.stage = number();
    const auto digit = std::find_if(text_.begin(), text_.end(), [](char c) { return c >= '0' && c <= '9'; });
    const std::string_view name = text_.substr(0, static_cast<std::size_t>(digit - text_.begin()));
    if (std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end()) return;
    const auto* const work =
        std::find_if(kWorks.begin(), kWorks.end(), [&](const auto& known) { return known.first == name; });
    if (work == kWorks.end()) refuse();
    action.work = work->second;
    text_.remove_prefix(name.size());
    action.micro_batch = number();
    if (!text_.empty()) refuse();
    row.push_back(action);
  }

  std::int32_t number() {
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0 || value > kIndexMax) refuse();
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

  [[noreturn]] void refuse() const {
    throw InputError(place_, fmt::format("'{}' is no action of a schedule", whole_),
                     "a stage, F, B, I, W, SEND_F, RECV_F, SEND_B or RECV_B, and a micro-batch: 0F3");
  }

  std::string_view whole_;
  std::string_view text_;
  std::string place_;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '"'))
    text.remove_suffix(1);
  return text;
}

/// Runs all rows side by side; transfers are added as work ends.
class TransferAdder {
 public:
  explicit TransferAdder(const ScheduleTable& table)
      : table_(table), next_(table.rows.size()), row_of_(table.rows_of_stages()) {
    made_.rows.resize(table.rows.size());
    made_.file = table.file;
    made_.lines = table.lines;
  }

  ScheduleTable run() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t row = 0; row < table_.rows.size(); ++row) moved = advance(row) || moved;
    }
    for (std::size_t row = 0; row < table_.rows.size(); ++row)
      GRIDLOCK_CHECK(next_[row] == table_.rows[row].size());
    return std::move(made_);
  }

 private:
  bool advance(std::size_t row) {
    if (next_[row] == table_.rows[row].size()) return false;
    const std::optional<StageAction>& action = table_.rows[row][next_[row]];
    if (action && !is_ready(*action)) return false;
    ++next_[row];
    if (!action) return true;
    made_.rows[row].push_back(action);
    done_.insert(key(*action));
    if (const auto send = transfer_of(*action)) {
      made_.rows[row].push_back(send);
      const StageAction receive{
          send->other_stage(),
          send->work == StageWork::send_forward ? StageWork::recv_forward : StageWork::recv_backward,
          send->micro_batch};
      made_.rows[static_cast<std::size_t>(row_of_[static_cast<std::size_t>(receive.stage)])].push_back(
          receive);
    }
    return true;
  }

  using Key = std::tuple<std::int32_t, StageWork, std::int32_t>;
  static Key key(const StageAction& action) { return {action.stage, action.work, action.micro_batch}; }
  bool is_done(std::int32_t stage, StageWork work, std::int32_t micro_batch) const {
    return done_.count({stage, work, micro_batch}) > 0;
  }
  std::int32_t last() const { return static_cast<std::int32_t>(row_of_.size()) - 1; }

  /// Its input is there: sends arrive at once.
  bool is_ready(const StageAction& action) const {
    if (action.work == StageWork::forward)
      return action.stage == 0 || is_done(action.stage - 1, StageWork::forward, action.micro_batch);
    if (action.work == StageWork::backward_weight)
      return is_done(action.stage, StageWork::backward_input, action.micro_batch);
    if (!is_done(action.stage, StageWork::forward, action.micro_batch)) return false;
    return action.stage == last() || is_done(action.stage + 1, StageWork::backward, action.micro_batch) ||
           is_done(action.stage + 1, StageWork::backward_input, action.micro_batch);
  }

  /// The send of a result that another row needs.
  std::optional<StageAction> transfer_of(const StageAction& action) const {
    if (action.work == StageWork::backward_weight) return std::nullopt;
    const bool is_forward = action.work == StageWork::forward;
    const StageAction send{action.stage, is_forward ? StageWork::send_forward : StageWork::send_backward,
                           action.micro_batch};
    const std::int32_t other = send.other_stage();
    if (other < 0 || other > last()) return std::nullopt;
    const auto row = [&](std::int32_t stage) { return row_of_[static_cast<std::size_t>(stage)]; };
    if (row(other) == row(action.stage)) return std::nullopt;
    return send;
  }

  const ScheduleTable& table_;
  std::vector<std::size_t> next_;
  std::vector<std::int32_t> row_of_;
  std::set<Key> done_;
  ScheduleTable made_;
};

}  // namespace

std::int32_t StageAction::other_stage() const {
  const bool is_later = work == StageWork::send_forward || work == StageWork::recv_backward;
  return is_later ? stage + 1 : stage - 1;
}

std::string StageAction::to_string() const {
  const auto* const known =
      std::find_if(kWorks.begin(), kWorks.end(), [&](const auto& entry) { return entry.second == work; });
  return fmt::format("{}{}{}", stage, known->first, micro_batch);
}

bool ScheduleTable::has_transfers() const {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    return std::any_of(row.begin(), row.end(), [](const auto& cell) { return cell && cell->is_transfer(); });
  });
}

std::string ScheduleTable::place(std::size_t row) const { return fmt::format("{}:{}", file, lines.at(row)); }

std::vector<std::int32_t> ScheduleTable::rows_of_stages() const {
  std::vector<std::int32_t> found;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const auto& cell : rows[row]) {
      if (!cell || cell->is_transfer()) continue;
      const auto stage = static_cast<std::size_t>(cell->stage);
      if (stage >= found.size()) found.resize(stage + 1, -1);
      if (found[stage] >= 0 && found[stage] != static_cast<std::int32_t>(row))
        throw InputError(place(row), fmt::format("stage {} is computed here and in {}", stage,
                                                 place(static_cast<std::size_t>(found[stage]))));
      found[stage] = static_cast<std::int32_t>(row);
    }
  }
  const auto missing = std::find(found.begin(), found.end(), -1);
  if (missing != found.end())
    throw InputError(file, fmt::format("no row computes stage {}", missing - found.begin()));
  return found;
}

ScheduleTable parse_schedule_table(std::string_view text, const std::string& file) {
  ScheduleTable table;
  table.file = file;
  // Spreadsheets put a mark before UTF-8.
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    std::string_view cells = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (trimmed(cells).empty()) continue;
    ScheduleTable::Row& row = table.rows.emplace_back();
    table.lines.push_back(line);
    for (std::size_t column = 1;;) {
      const std::size_t comma = std::min(cells.find(','), cells.size());
      CellParser(trimmed(cells.substr(0, comma)), fmt::format("{}:{}:{}", file, line, column))
          .parse_into(row);
      if (comma == cells.size()) break;
      cells.remove_prefix(comma + 1);
      column += comma + 1;
    }
  }
  return table;
}

ScheduleTable with_transfers(const ScheduleTable& table) { return TransferAdder(table).run(); }

}  // namespace gridlock
