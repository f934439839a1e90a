#include "sim/cost_model.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/base/check.h"

namespace gridlock::sim {
namespace {

/// A tenth of the largest duration, so that sums of a few costs and a time cannot overflow.
constexpr std::int64_t kCostMax = std::numeric_limits<std::int64_t>::max() / 10;

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? kCostMax : std::min(result, kCostMax);
}

/// a * b / c without overflow for a quotient that fits.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  return std::min(kCostMax, product(a / c, b) + product(a % c, b) / c);
}

/// What stands for an operation that a profile does not hold, ending at itself.
CallKind kin(CallKind kind) {
  switch (kind) {
    case CallKind::barrier:
      return CallKind::all_reduce;
    case CallKind::reduce:
      return CallKind::broadcast;
    case CallKind::all_gather_v:
    case CallKind::all_to_all:
    case CallKind::gather:
    case CallKind::scatter:
      return CallKind::all_gather;
    case CallKind::all_to_all_v:
      return CallKind::all_to_all;
    case CallKind::recv:
      return CallKind::send;
    default:
      return kind;
  }
}

std::optional<Nanos> profile_cost(const CostProfile& profile, CallKind kind, GroupRank group_size,
                                  std::int64_t bytes) {
  CallKind known = kind;
  while (profile.curve(known, group_size) == nullptr && kin(known) != known) known = kin(known);
  const CostCurve* curve = profile.curve(known, group_size);
  if (curve == nullptr) return std::nullopt;
  if (curve->ranks == group_size && known == kind) return curve->time(bytes);
  const std::int64_t on_the_wire = wire_bytes(kind, group_size, bytes);
  // Bytes of a call in the measured size that put as much on the wire; 1 MiB tells the ratio exactly enough.
  constexpr std::int64_t kUnit = 1 << 20;
  return curve->time(scaled(on_the_wire, kUnit, wire_bytes(known, curve->ranks, kUnit)));
}

}  // namespace

std::int64_t wire_bytes(CallKind kind, GroupRank group_size, std::int64_t bytes) {
  const std::int64_t others = group_size - 1;
  switch (kind) {
    case CallKind::all_reduce:
      return scaled(bytes, 2 * others, group_size);
    case CallKind::reduce:
    case CallKind::broadcast:
      return group_size == 1 ? 0 : bytes;
    case CallKind::all_gather:
    case CallKind::reduce_scatter:
    case CallKind::all_to_all:
    case CallKind::gather:
    case CallKind::scatter:
      return product(bytes, others);
    case CallKind::all_gather_v:
    case CallKind::all_to_all_v:
      return scaled(bytes, others, group_size);
    case CallKind::send:
    case CallKind::recv:
      return bytes;
    case CallKind::barrier:
      return 0;
  }
  GRIDLOCK_CHECK(!"every operation is handled above");
}

Nanos operation_cost(const CostParameters& parameters, CallKind kind, GroupRank group_size,
                     std::int64_t bytes) {
  if (parameters.profile && group_size > 1) {
    if (const auto measured = profile_cost(*parameters.profile, kind, group_size, bytes)) return *measured;
  }
  const std::int64_t transfer_ns = scaled(wire_bytes(kind, group_size, bytes), 1000, parameters.bytes_per_us);
  return Nanos{std::min(kCostMax, parameters.latency.count() + transfer_ns)};
}

}  // namespace gridlock::sim
