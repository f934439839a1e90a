#include "core/world/cost_profile.h"

#include <algorithm>

#include "core/base/check.h"

namespace gridlock {
namespace {

/// Bytes and times of any size, and the same integers on every machine.
__extension__ using Wide = __int128;

}  // namespace

Nanos CostCurve::time(std::int64_t bytes) const {
  GRIDLOCK_CHECK(bytes >= 0 && !points.empty());
  if (bytes <= points.front().bytes || points.size() == 1) return points.front().time;
  const auto above = std::find_if(points.begin() + 1, points.end() - 1,
                                  [bytes](const CostPoint& point) { return bytes <= point.bytes; });
  const CostPoint& low = *(above - 1);
  const CostPoint& high = *above;
  const Wide rise = static_cast<Wide>(bytes - low.bytes) * (high.time - low.time).count();
  const Wide time = low.time.count() + rise / (high.bytes - low.bytes);
  constexpr Wide kMost = std::int64_t{1} << 59U;
  return Nanos{static_cast<std::int64_t>(std::clamp<Wide>(time, 0, kMost))};
}

const CostCurve* CostProfile::curve(CallKind kind, GroupRank ranks) const {
  const CostCurve* best = nullptr;
  for (const CostCurve& curve : curves) {
    if (curve.kind != kind) continue;
    if (best == nullptr || curve.ranks <= ranks) best = &curve;
  }
  return best;
}

}  // namespace gridlock
