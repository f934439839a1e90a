#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/rank_set.h"
#include "core/grid/plan.h"
#include "core/mpu/mpu_dump.h"

namespace gridlock {

/// Axes with their sizes, slowest first.
using AxisSizes = std::vector<std::pair<std::string, std::int64_t>>;

/// The grid that dumps are compared with, and where its sizes come from.
struct DumpGrid {
  /// Null when there is none.
  std::shared_ptr<const Plan> plan;
  /// "pipe=2,data=2,tensor=2".
  std::string axes;
  /// "given", "from _topo", "from the sizes, in the order that fits best"; without a plan why there is none.
  std::string origin;
};

/// The grid of these axes, else of what the dumps say in _topo, else of the sizes that their accessors say.
/// The ranks of the model lie where get_global_rank says, or all over the world where nothing says so. Throws
/// InputError (place "axes") for given axes that are unknown or do not make the model's ranks.
DumpGrid find_dump_grid(std::span<const MpuDump> dumps, const AxisSizes& given);

/// One name whose value is not the computed one, on some ranks.
struct AlgebraMismatch {
  Accessor accessor = Accessor::get_stage_id;
  RankSet ranks;
  /// "rank 4: expected 1, got 0", of the first of them.
  std::string example;
};

/// What the comparison of all ranks gave.
struct AlgebraResult {
  /// Values that were compared, over all ranks.
  std::int64_t compared = 0;
  std::vector<AlgebraMismatch> mismatches;
};

/// Compares every answer that has the right kind with what a grid of that plan answers by arithmetic. Groups
/// are compared by their members.
AlgebraResult compare_with_grid(std::span<const MpuDump> dumps, const std::shared_ptr<const Plan>& plan);

}  // namespace gridlock
