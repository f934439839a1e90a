#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "harness/read/read_context.h"

namespace gridlock {

/// What a number may be. Checked against every value it can take; where a loop variable is part of it,
/// against what is known (the constant and the tables), and the rest when the rank runs.
struct NumberLimits {
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  /// Said to a number outside of them.
  std::string_view hint = {};
};

/// 4, "$m" (a loop variable), {"by": "actor.data", "values": [1, 2]} or {"sum": [...]} of these. Throws
/// InputError for unknown names, a list that does not fit its axis, values outside the limits, and a table
/// over a grid in a place that other ranks run too.
Number read_number(const ReadContext& context, const JsonCursor& cursor, const NumberLimits& limits = {});

/// A number of nanoseconds, or "5ms", "1.5us", "2s", "10ns" in any place of a number.
Number read_duration(const ReadContext& context, const JsonCursor& cursor);

/// As read_number, with fractions.
Real read_real(const ReadContext& context, const JsonCursor& cursor);

/// The axis of { "by": "actor.data", "values": [...] }. Throws InputError unless there are exactly these two
/// keys and one value per index, and when ranks come here that are not on the axis.
AxisRef read_table_axis(const ReadContext& context, const JsonCursor& cursor);

/// Nanoseconds in "5ms". Throws InputError for another unit and for parts of a nanosecond.
std::int64_t duration_from_text(const JsonCursor& cursor, std::string_view text);

}  // namespace gridlock
