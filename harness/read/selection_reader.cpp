#include "harness/read/selection_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

constexpr std::int64_t kLoopValueMax = std::numeric_limits<RankId>::max();

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// "0-3", "8" or "16-64 step 16", the spelling in which reports print ranks.
class RangeParser {
 public:
  RangeParser(const JsonCursor& cursor, std::int64_t size, std::string_view noun)
      : cursor_(cursor), size_(size), noun_(noun) {}

  RankSet parse(std::string_view text) const {
    RankSet all;
    for (bool more = true; more;) {
      const std::size_t comma = text.find(',');
      more = comma != std::string_view::npos;
      all = all.united(run(trimmed(text.substr(0, comma))));
      if (more) text.remove_prefix(comma + 1);
    }
    return all;
  }

  RankSet single(std::int64_t index) const {
    check(index);
    return RankSet::strided(static_cast<RankId>(index), 1, 1);
  }

 private:
  RankSet run(std::string_view text) const {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return single(number(text));
    std::string_view rest = trimmed(text.substr(dash + 1));
    std::int64_t stride = 1;
    if (const std::size_t step = rest.find(" step "); step != std::string_view::npos) {
      stride = number(trimmed(rest.substr(step + 6)));
      rest = trimmed(rest.substr(0, step));
    }
    const std::int64_t first = number(trimmed(text.substr(0, dash)));
    const std::int64_t last = number(rest);
    check(first);
    check(last);
    if (last < first || stride < 1) cursor_.fail(fmt::format("the range '{}' is empty", text));
    const std::int64_t count = (last - first) / stride + 1;
    return RankSet::strided(static_cast<RankId>(first), static_cast<RankId>(std::min(stride, size_)),
                            static_cast<RankId>(count));
  }

  std::int64_t number(std::string_view text) const {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
      cursor_.fail(fmt::format("'{}' is no {}", text, noun_),
                   text.starts_with('$')
                       ? "a parameter stands for a whole value: \"$ranks\" with \"ranks\": \"0-3\""
                       : "write 3, [0, 3], \"0-3\" or \"0-6 step 2\"");
    }
    return value;
  }

  void check(std::int64_t index) const {
    if (index >= 0 && index < size_) return;
    cursor_.fail(fmt::format("{} {} does not exist; there are 0 to {}", noun_, index, size_ - 1));
  }

  const JsonCursor& cursor_;
  std::int64_t size_;
  std::string_view noun_;
};

/// The keys that an object selection may have here, and what each of them means.
class SelectionObject {
 public:
  SelectionObject(const ReadContext& context, const JsonCursor& cursor) : context_(context), cursor_(cursor) {
    if (const std::optional<JsonCursor> grid = cursor.find("grid")) {
      grid_ = index_of(context.grid_names(), grid->string());
      if (grid_ < 0) grid->fail_name("grid", grid->string(), context.grid_names());
    }
  }

  Selection read() const {
    Selection selection;
    for (const auto& [key, value] : cursor_.members()) selection.conditions.push_back(condition(key, value));
    if (selection.conditions.empty())
      cursor_.fail("a selection without conditions", "write \"all\" for every rank");
    return selection;
  }

 private:
  Condition condition(const std::string& key, const JsonCursor& value) const {
    Condition made;
    if (key == "rank") {
      made.values = read_index_set(value, context_.scenario.world_size, "rank");
    } else if (key == "grid") {
      made.subject = Condition::Subject::member;
      made.axis = {grid_, 0};
    } else if (const std::optional<AxisRef> axis = axis_of(key)) {
      made.subject = Condition::Subject::axis;
      made.axis = *axis;
      made.values = read_index_set(value, axis_length(context_, *axis), fmt::format("index on {}:", key));
    } else if (const LoopDepth depth = context_.loop_depth(key); depth >= 0) {
      made.subject = Condition::Subject::loop;
      made.loop = depth;
      made.values = read_index_set(value, kLoopValueMax, "turn");
    } else {
      cursor_.fail_key(key, fmt::format("there is no axis or loop variable '{}'", key),
                       name_hint(key, known()));
    }
    return made;
  }

  /// Names of all axes as this selection may write them: without the grid's name for the grid that it names.
  std::vector<std::pair<std::string, AxisRef>> axes() const {
    std::vector<std::pair<std::string, AxisRef>> named;
    for (std::size_t g = 0; g < context_.scenario.grids.size(); ++g) {
      for (const auto& [axis, reference] : axes_of_grid(context_, static_cast<std::int32_t>(g))) {
        if (reference.grid == grid_) named.push_back({axis, reference});
        named.push_back({context_.scenario.grids[g].name + "." + axis, reference});
      }
    }
    return named;
  }

  std::optional<AxisRef> axis_of(const std::string& key) const {
    for (const auto& [name, reference] : axes()) {
      if (name == key) return reference;
    }
    return std::nullopt;
  }

  std::vector<std::string> known() const {
    std::vector<std::string> names = {"rank", "grid"};
    for (const auto& [name, reference] : axes()) names.push_back(name);
    for (const std::string& loop : context_.loops) {
      if (!loop.empty()) names.push_back(loop);
    }
    return names;
  }

  const ReadContext& context_;
  const JsonCursor& cursor_;
  std::int32_t grid_ = AxisRef::kRank;
};

/// Ranks of a selection by asking each rank; nothing for a selection that only arithmetic should answer.
Members matching(const Scenario& scenario, const Selection& selection) {
  std::vector<RankId> ranks;
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    const auto index = [&](const AxisRef& axis) { return axis_index(scenario, axis, rank); };
    if (selection.matches(
            rank, [](LoopDepth) { return 0; }, index))
      ranks.push_back(rank);
  }
  return Members::list(std::move(ranks));
}

}  // namespace

RankSet read_index_set(const JsonCursor& cursor, std::int64_t size, std::string_view noun) {
  const RangeParser parser(cursor, size, noun);
  if (cursor.node().is_integer()) return parser.single(std::get<std::int64_t>(cursor.node().value));
  if (cursor.is_string()) return parser.parse(cursor.string());
  if (!cursor.is_array()) {
    cursor.fail(fmt::format("expected a number, a list or a range, got {}", describe(cursor.node())));
  }
  std::vector<RankId> single;
  RankSet ranges;
  for (const JsonCursor& item : cursor.items()) {
    const RangeParser at_item(item, size, noun);
    if (item.is_string()) {
      ranges = ranges.united(at_item.parse(item.string()));
    } else {
      single.push_back(at_item
                           .single(item.integer(std::numeric_limits<std::int64_t>::min(),
                                                std::numeric_limits<std::int64_t>::max()))
                           .first());
    }
  }
  return RankSet(std::move(single)).united(ranges);
}

Selection read_selection(const ReadContext& context, const JsonCursor& cursor) {
  if (cursor.is_object()) return SelectionObject(context, cursor).read();
  if (cursor.is_string() && cursor.string() == "all") return {};
  Condition ranks;
  ranks.values = read_index_set(cursor, context.scenario.world_size, "rank");
  return {{std::move(ranks)}};
}

Guard read_guard(const ReadContext& context, const JsonCursor& step) {
  Guard guard;
  if (const std::optional<JsonCursor> only = step.find("only")) guard.only = read_selection(context, *only);
  if (const std::optional<JsonCursor> except = step.find("except"))
    guard.except = read_selection(context, *except);
  return guard;
}

Members read_members(const ReadContext& context, const JsonCursor& cursor) {
  const Selection selection = read_selection(context, cursor);
  for (const Condition& condition : selection.conditions) {
    if (condition.subject == Condition::Subject::loop)
      cursor.fail("the members of a group do not depend on loops");
  }
  const bool is_ranks =
      selection.conditions.size() == 1 && selection.conditions[0].subject == Condition::Subject::rank;
  Members members;
  if (selection.is_everything()) {
    members = Members::range(0, context.scenario.world_size);
  } else if (is_ranks) {
    members = Members::list(selection.conditions[0].values.to_vector());
  } else {
    members = matching(context.scenario, selection);
  }
  if (members.empty()) cursor.fail("this selects no rank");
  return members;
}

}  // namespace gridlock
