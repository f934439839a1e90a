#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnosis/diagnosis.h"
#include "core/history/history.h"

namespace gridlock {

/// What members of a collective have to agree on, in the order in which differences are looked for.
enum class Argument : std::uint8_t { kind, count, dtype, op, root };

/// COLL_TYPE_MISMATCH for kind, and so on.
Code mismatch_code(Argument argument);
/// "operation", "count" ...
std::string_view argument_name(Argument argument);
/// The call's value of an argument as a number that equal values share; nothing where the history does not
/// know it or the operation has no such argument.
std::optional<std::int64_t> argument_value(const Record& call, Argument argument);
/// First argument in which two collectives cannot belong together; nothing when they can. Unknown fits
/// anything.
std::optional<Argument> first_difference(const Record& a, const Record& b);
/// First argument in which any two of the calls differ. Nulls are skipped.
std::optional<Argument> first_difference(const std::vector<const Record*>& calls);
/// One member of an all-to-all with counts sends another so many elements, which expects another number;
/// members by their place in the list of calls.
struct UnevenCounts {
  std::size_t from;
  std::size_t to;
  std::int64_t sent;
  std::int64_t expected;
};
/// What member i sends to j has to be what j expects from i; `calls` are those of all members, in group
/// order. Empty where some call or its counts are not known, and for groups of thousands.
std::vector<UnevenCounts> uneven_counts(const HistoryStore& store, const std::vector<const Record*>& calls);
/// Whether a send and a recv move the same: equal count and type, as far as known.
bool same_size(const Record& a, const Record& b);

}  // namespace gridlock
