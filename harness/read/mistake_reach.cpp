#include "harness/read/mistake_reach.h"

#include <algorithm>
#include <optional>

#include "core/base/input_error.h"
#include "harness/read/number_reader.h"
#include "harness/read/selection_reader.h"

namespace gridlock {
namespace {

/// Turns that are looked at; whoever needs more is taken for one who comes.
constexpr std::int64_t kTurnsMax = 4'000'000;

class Path {
 public:
  Path(ReadContext& context, std::span<const JsonNode* const> steps, const JsonCursor& only)
      : context_(context), steps_(steps), only_(only) {}

  bool may_reach() { return enter(0); }

 private:
  struct Loop {
    Number times;
    Number from;
  };

  bool enter(std::size_t depth) {
    if (depth == steps_.size()) {
      wanted_.push_back(read_selection(context_, only_));
      return some_rank_comes();
    }
    const JsonCursor step(*steps_[depth]);
    const Guard guard = read_guard(context_, step);
    if (guard.except) unwanted_.push_back(*guard.except);
    std::optional<InsideScope> inside;
    if (guard.only) {
      wanted_.push_back(*guard.only);
      inside.emplace(context_, *guard.only);
    }
    if (!step.has("repeat")) return enter(depth + 1);
    const auto from = step.find("from");
    loops_.push_back(
        {read_number(context_, step.at("repeat")), from ? read_number(context_, *from) : Number{}});
    const auto variable = step.find("as");
    const LoopScope scope(context_, variable ? variable->string() : "");
    return enter(depth + 1);
  }

  bool some_rank_comes() {
    turns_.resize(loops_.size());
    for (RankId rank = 0; rank < context_.scenario.world_size; ++rank) {
      if (may_come(rank) && some_turn_comes(rank, 0)) return true;
    }
    return false;
  }

  RankId index(const AxisRef& axis, RankId rank) const { return axis_index(context_.scenario, axis, rank); }

  std::int64_t value(const Number& number, RankId rank) const {
    return number.evaluate([&](LoopDepth depth) { return turns_[static_cast<std::size_t>(depth)]; },
                           [&](const AxisRef& axis) { return index(axis, rank); });
  }

  bool matches(const Selection& selection, RankId rank) const {
    return selection.matches(
        rank, [&](LoopDepth depth) { return turns_[static_cast<std::size_t>(depth)]; },
        [&](const AxisRef& axis) { return index(axis, rank); });
  }

  /// In whatever turn.
  bool may_come(RankId rank) const {
    return std::all_of(wanted_.begin(), wanted_.end(), [&](Selection selection) {
      std::erase_if(selection.conditions,
                    [](const Condition& condition) { return condition.subject == Condition::Subject::loop; });
      return matches(selection, rank);
    });
  }

  /// In a turn of the loops from `depth` inwards; those outside of it have their turns.
  bool some_turn_comes(RankId rank, std::size_t depth) {
    if (depth == loops_.size()) {
      const auto selects = [&](const Selection& selection) { return matches(selection, rank); };
      return std::all_of(wanted_.begin(), wanted_.end(), selects) &&
             std::none_of(unwanted_.begin(), unwanted_.end(), selects);
    }
    const std::int64_t first = value(loops_[depth].from, rank);
    const std::int64_t end = first + value(loops_[depth].times, rank);
    for (turns_[depth] = first; turns_[depth] < end; ++turns_[depth]) {
      if (++looked_at_ > kTurnsMax) return true;
      if (is_wanted(depth) && some_turn_comes(rank, depth + 1)) return true;
    }
    return false;
  }

  bool is_wanted(std::size_t depth) const {
    const auto admits = [&](const Condition& condition) {
      return condition.subject != Condition::Subject::loop ||
             condition.loop != static_cast<LoopDepth>(depth) ||
             condition.values.contains(static_cast<RankId>(turns_[depth]));
    };
    return std::all_of(wanted_.begin(), wanted_.end(), [&](const Selection& selection) {
      return std::all_of(selection.conditions.begin(), selection.conditions.end(), admits);
    });
  }

  ReadContext& context_;
  std::span<const JsonNode* const> steps_;
  const JsonCursor& only_;
  std::vector<Loop> loops_;
  std::vector<std::int64_t> turns_;
  std::int64_t looked_at_ = 0;
  std::vector<Selection> wanted_;
  std::vector<Selection> unwanted_;
};

}  // namespace

bool may_reach(ReadContext& context, std::span<const JsonNode* const> path, const JsonCursor& only) {
  try {
    return Path(context, path, only).may_reach();
  } catch (const InputError&) {
    // Told by whoever reads the steps, who knows what is around them.
    return true;
  }
}

}  // namespace gridlock
