#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/data/operation.h"

namespace gridlock {

/// A measured time: one call of an operation whose `count` elements have that many bytes, back to back with
/// others.
struct CostPoint {
  std::int64_t bytes = 0;
  Nanos time{0};

  bool operator==(const CostPoint&) const = default;
};

/// One operation over groups of one size. Points ascend by bytes, at least one.
struct CostCurve {
  CallKind kind = CallKind::all_reduce;
  GroupRank ranks = 2;
  std::vector<CostPoint> points;

  bool operator==(const CostCurve&) const = default;

  /// Linear between neighbouring points (an alpha and a beta per size class); the first point's time below
  /// it, the last segment's slope above the last one. Requires: bytes >= 0.
  Nanos time(std::int64_t bytes) const;
};

/// What a kind of hardware was measured to need, as `gridlock calibrate` writes it. A value; immutable once
/// made.
struct CostProfile {
  std::string name;
  /// Ascending by operation and group size, each once.
  std::vector<CostCurve> curves;

  bool operator==(const CostProfile&) const = default;

  /// The curve that speaks for a group of that size: its own, else the largest smaller one, else the
  /// smallest. nullptr when the operation was not measured at all.
  const CostCurve* curve(CallKind kind, GroupRank ranks) const;
};

}  // namespace gridlock
