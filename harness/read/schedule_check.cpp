#include "harness/read/schedule_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {
namespace {

/// What is to be done once for each stage and micro-batch; B and I are ways to do the backward.
enum class Part : std::uint8_t { forward, backward, weight };

Part part_of(StageWork work) {
  switch (work) {
    case StageWork::forward:
    case StageWork::send_forward:
    case StageWork::recv_forward:
      return Part::forward;
    case StageWork::backward_weight:
      return Part::weight;
    default:
      return Part::backward;
  }
}

struct Key {
  Part part = Part::forward;
  std::int32_t stage = 0;
  std::int32_t micro_batch = 0;
  auto operator<=>(const Key&) const = default;
};

Key key_of(const StageAction& action) { return {part_of(action.work), action.stage, action.micro_batch}; }

struct Position {
  std::size_t row = 0;
  std::size_t cell = 0;
  bool operator==(const Position&) const = default;
};

/// Where the work of a table is.
class WorkIndex {
 public:
  explicit WorkIndex(const ScheduleTable& table)
      : table_(table), row_of_(table.rows_of_stages()), stages_(static_cast<std::int32_t>(row_of_.size())) {
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      for (std::size_t cell = 0; cell < table.rows[row].size(); ++cell) {
        const auto& action = table.rows[row][cell];
        if (action && !action->is_transfer()) add(*action, {row, cell});
      }
    }
  }

  std::int32_t stages() const { return stages_; }
  std::size_t row_of(std::int32_t stage) const {
    return static_cast<std::size_t>(row_of_[static_cast<std::size_t>(stage)]);
  }
  const std::map<Key, Position>& all() const { return where_; }
  bool has(const Key& key) const { return where_.count(key) > 0; }
  Position at(const Key& key) const { return where_.at(key); }
  const StageAction& action(const Position& position) const {
    return *table_.rows[position.row][position.cell];
  }
  const StageAction& action(const Key& key) const { return action(at(key)); }
  /// "0F1 (t.csv:1)"
  std::string placed(const Key& key) const {
    return fmt::format("{} ({})", action(key).to_string(), table_.place(at(key).row));
  }
  /// As the table would write it.
  std::string name(const Key& key) const {
    StageAction action{key.stage, StageWork::forward, key.micro_batch};
    if (key.part == Part::weight) action.work = StageWork::backward_weight;
    if (key.part == Part::backward) {
      const bool is_in_parts = has({Part::weight, key.stage, key.micro_batch});
      action.work = is_in_parts ? StageWork::backward_input : StageWork::backward;
    }
    return action.to_string();
  }

  /// What has to be done before it, other than what its inputs need themselves.
  std::vector<Key> inputs(const Key& key) const {
    const auto [part, stage, m] = key;
    std::vector<Key> found;
    if (part == Part::forward && stage > 0) found.push_back({part, stage - 1, m});
    if (part == Part::backward) found.push_back({Part::forward, stage, m});
    if (part == Part::backward && stage + 1 < stages_) found.push_back({part, stage + 1, m});
    if (part == Part::weight) found.push_back({Part::backward, stage, m});
    return found;
  }

 private:
  void add(const StageAction& action, Position position) {
    const auto [there, is_new] = where_.try_emplace(key_of(action), position);
    if (is_new) return;
    const std::string& first = this->action(there->second).to_string();
    const std::string& second = action.to_string();
    throw InputError(table_.place(position.row),
                     first == second ? fmt::format("{} comes twice", second)
                                     : fmt::format("{} and {} do the same backward twice", first, second));
  }

  const ScheduleTable& table_;
  std::vector<std::int32_t> row_of_;
  std::int32_t stages_;
  std::map<Key, Position> where_;
};

/// Looks for work that some stages do and others do not.
class MissingWork {
 public:
  MissingWork(const ScheduleTable& table, const WorkIndex& index) : table_(table), index_(index) {}

  void check() const {
    std::set<Key> missing = missing_stages();
    add_backwards(missing);
    for (const auto& [key, position] : index_.all()) {
      for (const Key& input : index_.inputs(key)) {
        if (input.stage == key.stage && !index_.has(input)) missing.insert(input);
      }
      check_halves(key, missing);
    }
    if (missing.empty()) return;
    const Key first = *missing.begin();
    const std::size_t row = index_.row_of(first.stage);
    const auto here = std::count_if(missing.begin(), missing.end(),
                                    [&](const Key& key) { return index_.row_of(key.stage) == row; });
    throw InputError(table_.place(row),
                     fmt::format("{} is missing{}, {}", index_.name(first),
                                 here == 1 ? "" : fmt::format(" (and {} more in this row)", here - 1),
                                 consequence(first)));
  }

 private:
  /// What at least half of the stages do and others do not.
  std::set<Key> missing_stages() const {
    std::map<std::pair<Part, std::int32_t>, std::vector<Key>> done;
    for (const auto& [key, position] : index_.all()) {
      if (key.part != Part::weight) done[{key.part, key.micro_batch}].push_back(key);
    }
    std::set<Key> missing;
    for (const auto& [what, keys] : done) {
      if (2 * static_cast<std::int32_t>(keys.size()) < index_.stages()) refuse_extra(keys);
      for (std::int32_t stage = 0; stage < index_.stages(); ++stage) {
        const Key key{what.first, stage, what.second};
        if (!index_.has(key)) missing.insert(key);
      }
    }
    return missing;
  }

  /// A table that trains does every backward: one that all stages leave out is missing on the last stage.
  void add_backwards(std::set<Key>& missing) const {
    const auto is_backward = [](const auto& entry) { return entry.first.part == Part::backward; };
    if (std::none_of(index_.all().begin(), index_.all().end(), is_backward)) return;
    for (const auto& [key, position] : index_.all()) {
      const Key backward{Part::backward, key.stage, key.micro_batch};
      if (key.part == Part::forward && !index_.has(backward)) missing.insert(backward);
    }
  }

  [[noreturn]] void refuse_extra(const std::vector<Key>& keys) const {
    const Key& key = keys.front();
    throw InputError(table_.place(index_.at(key).row),
                     fmt::format("{} has no counterpart: {} of {} stages do{} the {} of micro-batch {}",
                                 index_.action(key).to_string(), keys.size(), index_.stages(),
                                 keys.size() == 1 ? "es" : "",
                                 key.part == Part::forward ? "forward" : "backward", key.micro_batch));
  }

  void check_halves(const Key& key, std::set<Key>& missing) const {
    const Key weight{Part::weight, key.stage, key.micro_batch};
    const StageWork work = index_.action(key).work;
    if (work == StageWork::backward_input && !index_.has(weight)) missing.insert(weight);
    if (work == StageWork::backward && index_.has(weight))
      throw InputError(table_.place(index_.at(weight).row),
                       fmt::format("{} has nothing left to do: {} is the whole backward",
                                   index_.action(weight).to_string(), index_.action(key).to_string()));
  }

  std::string consequence(const Key& key) const {
    for (const auto& [other, position] : index_.all()) {
      const std::vector<Key> inputs = index_.inputs(other);
      if (std::find(inputs.begin(), inputs.end(), key) != inputs.end())
        return fmt::format("which {} needs", index_.placed(other));
    }
    if (key.part == Part::weight)
      return fmt::format("which ends what {} begins",
                         index_.action(Key{Part::backward, key.stage, key.micro_batch}).to_string());
    for (const auto& [other, position] : index_.all()) {
      if (other.part == key.part && other.micro_batch == key.micro_batch)
        return fmt::format("while there is {}", index_.placed(other));
    }
    if (key.part == Part::backward)
      return fmt::format("which {} asks for", index_.placed({Part::forward, key.stage, key.micro_batch}));
    GRIDLOCK_CHECK(!"an action that nothing asks for");
  }

  const ScheduleTable& table_;
  const WorkIndex& index_;
};

/// Looks for an order of rows in which some work can never start.
class ImpossibleOrder {
 public:
  ImpossibleOrder(const ScheduleTable& table, const WorkIndex& index)
      : table_(table), index_(index), next_(table.rows.size()) {}

  void check() {
    for (std::size_t row = 0; row < table_.rows.size(); ++row) check_row(row);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t row = 0; row < table_.rows.size(); ++row) moved = advance(row) || moved;
    }
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      if (next_[row] < table_.rows[row].size()) refuse_circle(row);
    }
  }

 private:
  /// One micro-batch goes forward through all stages and back: how far an action is on that way.
  std::int32_t distance(const Key& key) const {
    if (key.part == Part::forward) return key.stage;
    return 2 * index_.stages() - key.stage;
  }

  void check_row(std::size_t row) const {
    std::map<std::int32_t, Key> furthest;
    for (const auto& cell : table_.rows[row]) {
      if (!cell) continue;
      const Key key = key_of(*cell);
      if (key.part == Part::weight) {
        check_weight(row, *cell);
        continue;
      }
      const auto [there, is_new] = furthest.try_emplace(key.micro_batch, key);
      if (!is_new && distance(key) < distance(there->second)) refuse_order(row, there->second, key);
      there->second = key;
    }
  }

  void check_weight(std::size_t row, const StageAction& action) const {
    const Key key = key_of(action);
    const Key input{Part::backward, key.stage, key.micro_batch};
    if (index_.at(input).cell > index_.at(key).cell) refuse_order(row, key, input);
  }

  [[noreturn]] void refuse_order(std::size_t row, const Key& early, const Key& late) const {
    throw InputError(table_.place(row),
                     fmt::format("{} comes before {}, which it needs", index_.action(early).to_string(),
                                 index_.action(late).to_string()));
  }

  bool is_done(const Key& key) const {
    const Position position = index_.at(key);
    return position.cell < next_[position.row];
  }

  std::optional<Key> awaited(const Key& key) const {
    for (const Key& input : index_.inputs(key)) {
      if (!is_done(input)) return input;
    }
    return std::nullopt;
  }

  bool advance(std::size_t row) {
    const std::size_t start = next_[row];
    while (next_[row] < table_.rows[row].size()) {
      const auto& cell = table_.rows[row][next_[row]];
      if (cell && awaited(key_of(*cell))) break;
      ++next_[row];
    }
    return next_[row] > start;
  }

  Key stuck(std::size_t row) const { return key_of(*table_.rows[row][next_[row]]); }
  std::size_t row_awaited(std::size_t row) const { return index_.at(*awaited(stuck(row))).row; }

  /// The order in which a stage does a part of its micro-batches.
  std::vector<std::int32_t> order(Part part, std::int32_t stage) const {
    std::vector<std::pair<std::size_t, std::int32_t>> cells;
    for (const auto& [key, position] : index_.all()) {
      if (key.part == part && key.stage == stage) cells.emplace_back(position.cell, key.micro_batch);
    }
    std::sort(cells.begin(), cells.end());
    std::vector<std::int32_t> found;
    for (const auto& cell : cells) found.push_back(cell.second);
    return found;
  }

  /// How a row differs from most stages; empty when it does not.
  std::string difference(std::size_t row) const {
    for (const Part part : {Part::forward, Part::backward}) {
      std::map<std::vector<std::int32_t>, std::int32_t> stages;
      for (std::int32_t stage = 0; stage < index_.stages(); ++stage) ++stages[order(part, stage)];
      for (std::int32_t stage = 0; stage < index_.stages(); ++stage) {
        if (index_.row_of(stage) != row) continue;
        const std::vector<std::int32_t> own = order(part, stage);
        for (const auto& [other, count] : stages) {
          if (2 * count <= index_.stages() || other == own) continue;
          const auto [mine, theirs] = std::mismatch(own.begin(), own.end(), other.begin(), other.end());
          return fmt::format("stage {} does the {} of micro-batch {} where most stages do that of {}", stage,
                             part == Part::forward ? "forward" : "backward", *mine, *theirs);
        }
      }
    }
    return "";
  }

  [[noreturn]] void refuse_circle(std::size_t row) const {
    for (std::size_t steps = 0; steps < table_.rows.size(); ++steps) row = row_awaited(row);
    std::vector<std::size_t> circle{row};
    for (std::size_t next = row_awaited(row); next != row; next = row_awaited(next)) circle.push_back(next);
    std::rotate(circle.begin(), std::min_element(circle.begin(), circle.end()), circle.end());
    const auto odd = std::find_if(circle.begin(), circle.end(),
                                  [&](std::size_t member) { return !difference(member).empty(); });
    if (odd != circle.end()) std::rotate(circle.begin(), odd, circle.end());
    std::vector<std::string> waits;
    for (const std::size_t member : circle) {
      const Key input = *awaited(stuck(member));
      waits.push_back(fmt::format("{} needs {}, which comes after {}", index_.placed(stuck(member)),
                                  index_.placed(input),
                                  index_.action(stuck(index_.at(input).row)).to_string()));
    }
    throw InputError(table_.place(circle.front()),
                     fmt::format("the rows wait in a circle: {}", fmt::join(waits, "; ")),
                     difference(circle.front()));
  }

  const ScheduleTable& table_;
  const WorkIndex& index_;
  std::vector<std::size_t> next_;
};

}  // namespace

void check_work(const ScheduleTable& table) {
  const WorkIndex index(table);
  MissingWork(table, index).check();
  ImpossibleOrder(table, index).check();
}

void check_transfers(const ScheduleTable& table) {
  const WorkIndex index(table);
  std::set<std::tuple<std::int32_t, StageWork, std::int32_t>> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    for (const auto& cell : table.rows[row]) {
      if (!cell || !cell->is_transfer()) continue;
      const Key work = key_of(*cell);
      if (!seen.insert({cell->stage, cell->work, cell->micro_batch}).second)
        throw InputError(table.place(row), fmt::format("{} comes twice", cell->to_string()));
      if (index.has(work) && index.at(work).row == row) continue;
      throw InputError(table.place(row),
                       fmt::format("{} has no {} in its row", cell->to_string(), index.name(work)));
    }
  }
}

}  // namespace gridlock
