#include "core/diagnosis/argument.h"

#include <algorithm>
#include <array>

namespace gridlock {
namespace {

struct ArgumentInfo {
  Argument argument;
  Code code;
  std::string_view name;
};

constexpr std::array<ArgumentInfo, 5> kArguments{{
    {Argument::kind, Code::COLL_TYPE_MISMATCH, "operation"},
    {Argument::count, Code::COLL_COUNT_MISMATCH, "count"},
    {Argument::dtype, Code::COLL_DTYPE_MISMATCH, "element type"},
    {Argument::op, Code::COLL_OP_MISMATCH, "reduce operation"},
    {Argument::root, Code::COLL_ROOT_MISMATCH, "root"},
}};

const ArgumentInfo& info(Argument argument) { return kArguments.at(static_cast<std::size_t>(argument)); }

/// all_to_all_v sends another list from each rank; only all_gather_v has one list for all.
std::optional<std::int64_t> count_value(const Record& call) {
  switch (operation(call.call).count) {
    case CountMeaning::nothing:
      return std::nullopt;
    case CountMeaning::per_rank:
      if (call.call == CallKind::all_to_all_v || call.detail < 0) return std::nullopt;
      return call.detail;
    default:
      return call.count;
  }
}

}  // namespace

Code mismatch_code(Argument argument) { return info(argument).code; }
std::string_view argument_name(Argument argument) { return info(argument).name; }

std::optional<std::int64_t> argument_value(const Record& call, Argument argument) {
  const OperationInfo& what = operation(call.call);
  const auto unless_unknown = [&](UnknownField field, std::optional<std::int64_t> value) {
    return (call.unknown & field) != 0 ? std::nullopt : value;
  };
  switch (argument) {
    case Argument::kind:
      return unless_unknown(kUnknownKind, static_cast<std::int64_t>(call.call));
    case Argument::count:
      return unless_unknown(kUnknownCount, count_value(call));
    case Argument::dtype:
      if (what.count == CountMeaning::nothing) return std::nullopt;
      return unless_unknown(kUnknownDType, static_cast<std::int64_t>(call.dtype));
    case Argument::op:
      if (!what.reduces) return std::nullopt;
      return unless_unknown(kUnknownOp, static_cast<std::int64_t>(call.op));
    case Argument::root:
      if (!what.has_root) return std::nullopt;
      return unless_unknown(kUnknownPeer, call.peer);
  }
  return std::nullopt;
}

std::optional<Argument> first_difference(const Record& a, const Record& b) {
  return first_difference({&a, &b});
}

std::optional<Argument> first_difference(const std::vector<const Record*>& calls) {
  for (const ArgumentInfo& row : kArguments) {
    std::optional<std::int64_t> first;
    for (const Record* call : calls) {
      if (call == nullptr) continue;
      const std::optional<std::int64_t> value = argument_value(*call, row.argument);
      if (!value) continue;
      if (first && *first != *value) return row.argument;
      first = value;
    }
  }
  return std::nullopt;
}

std::vector<UnevenCounts> uneven_counts(const HistoryStore& store, const std::vector<const Record*>& calls) {
  constexpr std::size_t kPairCheckMax = 4096;
  const std::size_t size = calls.size();
  if (size > kPairCheckMax) return {};
  const bool are_known = std::all_of(calls.begin(), calls.end(), [&](const Record* call) {
    return call != nullptr && call->call == CallKind::all_to_all_v && call->detail >= 0 &&
           store.counts(call->detail).size() == 2 * size;
  });
  if (!are_known) return {};
  std::vector<UnevenCounts> uneven;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      const std::int64_t sent = store.counts(calls[i]->detail)[j];
      const std::int64_t expected = store.counts(calls[j]->detail)[size + i];
      if (sent != expected) uneven.push_back({i, j, sent, expected});
    }
  }
  return uneven;
}

bool same_size(const Record& a, const Record& b) {
  const int unknown = a.unknown | b.unknown;
  const bool count_fits = (unknown & kUnknownCount) != 0 || a.count == b.count;
  const bool type_fits = (unknown & kUnknownDType) != 0 || a.dtype == b.dtype;
  return count_fits && type_fits;
}

}  // namespace gridlock
