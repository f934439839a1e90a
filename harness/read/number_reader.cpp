#include "harness/read/number_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}}};
/// 292 years of virtual time are as many as int64 nanoseconds hold; a tenth leaves room to add.
constexpr std::int64_t kDurationMax = std::numeric_limits<std::int64_t>::max() / 10;

template <typename T, typename Scalar>
AxisTable<T> read_table(const ReadContext& context, const JsonCursor& cursor, Scalar&& scalar) {
  AxisTable<T> table{read_table_axis(context, cursor), {}};
  for (const JsonCursor& item : cursor.at("values").items()) table.values.push_back(scalar(item));
  return table;
}

LoopDepth read_variable(const ReadContext& context, const JsonCursor& cursor) {
  const std::string_view name = std::string_view(cursor.string()).substr(1);
  const LoopDepth depth = context.loop_depth(name);
  if (depth >= 0) return depth;
  std::vector<std::string> known = context.params;
  std::copy_if(context.loops.begin(), context.loops.end(), std::back_inserter(known),
               [](const std::string& loop) { return !loop.empty(); });
  cursor.fail_name("parameter or loop variable", name, known);
}

template <typename T>
void add(Sum<T>& total, const Sum<T>& term) {
  total.constant += term.constant;
  total.loops.insert(total.loops.end(), term.loops.begin(), term.loops.end());
  total.tables.insert(total.tables.end(), term.tables.begin(), term.tables.end());
}

template <typename T, typename Scalar>
Sum<T> read_sum(const ReadContext& context, const JsonCursor& cursor, Scalar&& scalar) {
  Sum<T> sum;
  if (cursor.has("sum")) {
    cursor.check_keys({"sum"});
    for (const JsonCursor& term : cursor.at("sum").items()) add(sum, read_sum<T>(context, term, scalar));
  } else if (cursor.is_object()) {
    sum.tables.push_back(read_table<T>(context, cursor, scalar));
  } else if (cursor.is_string() && cursor.string().starts_with('$')) {
    sum.loops.push_back(read_variable(context, cursor));
  } else {
    sum.constant = scalar(cursor);
  }
  return sum;
}

void check_limits(const JsonCursor& cursor, const Number& number, const NumberLimits& limits) {
  std::int64_t low = number.constant;
  std::int64_t high = number.constant;
  for (const AxisTable<std::int64_t>& table : number.tables) {
    const auto [least, most] = std::minmax_element(table.values.begin(), table.values.end());
    low += *least;
    high += *most;
  }
  if (!number.loops.empty()) return;
  if (low < limits.min) {
    cursor.fail(fmt::format("expected at least {}, got {}", limits.min, low), std::string(limits.hint));
  }
  if (high > limits.max) {
    cursor.fail(fmt::format("expected at most {}, got {}", limits.max, high), std::string(limits.hint));
  }
}

/// Half of the range of int64, so that sums of a few terms do not overflow.
constexpr std::int64_t kScalarMax = std::numeric_limits<std::int64_t>::max() / 1024;

std::int64_t integer_scalar(const JsonCursor& cursor) {
  if (!cursor.node().is_integer()) {
    cursor.fail(fmt::format("expected an integer, \"$name\", {{\"by\": ...}} or {{\"sum\": ...}}, got {}",
                            describe(cursor.node())));
  }
  return cursor.integer(-kScalarMax, kScalarMax);
}

}  // namespace

Number read_number(const ReadContext& context, const JsonCursor& cursor, const NumberLimits& limits) {
  Number number = read_sum<std::int64_t>(context, cursor, integer_scalar);
  check_limits(cursor, number, limits);
  return number;
}

Number read_duration(const ReadContext& context, const JsonCursor& cursor) {
  const auto scalar = [](const JsonCursor& item) {
    if (item.is_string()) return duration_from_text(item, item.string());
    return item.integer(0, kDurationMax);
  };
  Number number = read_sum<std::int64_t>(context, cursor, scalar);
  check_limits(cursor, number, {0, kDurationMax});
  return number;
}

Real read_real(const ReadContext& context, const JsonCursor& cursor) {
  return read_sum<double>(context, cursor, [](const JsonCursor& item) { return item.real(); });
}

AxisRef read_table_axis(const ReadContext& context, const JsonCursor& cursor) {
  cursor.check_keys({"by", "values"});
  const JsonCursor by = cursor.at("by");
  const AxisRef axis = read_axis(context, by);
  const JsonCursor values = cursor.at("values");
  const std::size_t count = values.items().size();
  const RankId length = axis_length(context, axis);
  if (count != static_cast<std::size_t>(length)) {
    values.fail(
        fmt::format("expected {} values, one for each index on '{}', got {}", length, by.string(), count));
  }
  if (!axis.is_rank() && !context.all_inside(axis.grid)) {
    const std::string& grid = context.scenario.grids[static_cast<std::size_t>(axis.grid)].name;
    by.fail(fmt::format("ranks outside grid '{}' come here and have no place on '{}'", grid, by.string()),
            fmt::format("select the members: \"only\": {{\"grid\": \"{}\"}}", grid));
  }
  return axis;
}

std::int64_t duration_from_text(const JsonCursor& cursor, std::string_view text) {
  const std::size_t unit_at = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::size_t dot = std::min(text.find('.'), unit_at);
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction =
      text.substr(std::min(dot + 1, unit_at), unit_at - std::min(dot + 1, unit_at));
  const std::string_view unit = text.substr(unit_at);
  const auto known =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& row) { return row.first == unit; });
  const bool is_number =
      !whole.empty() && (dot == unit_at || !fraction.empty()) && fraction.find('.') == fraction.npos;
  if (known == kUnits.end() || !is_number) {
    cursor.fail(fmt::format("'{}' is no duration", text),
                "nanoseconds, or a number with ns, us, ms or s: \"5ms\"");
  }
  std::int64_t scale = known->second;
  std::int64_t value = 0;
  for (const char digit : whole) {
    value = value * 10 + (digit - '0');
    if (value > kDurationMax / scale) cursor.fail(fmt::format("the duration '{}' is too long", text));
  }
  value *= scale;
  for (const char digit : fraction) {
    if (scale % 10 != 0 && digit != '0')
      cursor.fail(fmt::format("'{}' is no whole number of nanoseconds", text));
    scale /= 10;
    value += (digit - '0') * scale;
  }
  return value;
}

}  // namespace gridlock
