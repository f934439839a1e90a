#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/mpu/dump_grid.h"
#include "core/mpu/mpu_contract.h"
#include "core/mpu/mpu_dump.h"
#include "core/mpu/mpu_invariant.h"

namespace gridlock {

/// What ranks say differently though it must be the same on all of them.
struct DumpDisagreement {
  std::string what;
  /// Ranks that differ from the most common answer.
  RankSet ranks;
  /// "creation 4 of rank 5 is ..., of rank 0 it is ...".
  std::string example;
};

/// The mpus of a whole world held against what DeepSpeed reads, against the grid that their sizes describe,
/// and against each other.
struct DumpCheck {
  RankId world_size = 0;
  std::string contract;
  /// The parts of DeepSpeed that were asked about; empty: all.
  std::vector<std::string> subsystems;
  std::vector<ContractGap> gaps;
  /// Whether the object is taken for a pipeline grid: it has stage_to_global.
  bool is_grid = false;
  DumpGrid grid;
  AlgebraResult algebra;
  std::vector<DumpDisagreement> disagreements;
  /// How many groups were created, in the order that most ranks have.
  std::size_t creations = 0;
  std::vector<MpuViolation> violations;

  /// Gaps count where DeepSpeed asks this object: those of a grid if it is one, those of DeepSpeed's own
  /// modules never.
  bool counts(const ContractGap& gap) const {
    return gap.of == AskedOf::mpu || (gap.of == AskedOf::grid && is_grid);
  }
  /// Whether nothing is wrong: no gap that counts, no value that differs, no disagreement, no inconsistency.
  /// Hazards do not count.
  bool passed() const;
};

/// Requires: dumps[r].rank == r. `axes` as find_dump_grid() takes them. `subsystems`: only gaps that break
/// one of these, or that every engine meets; empty: all. Throws InputError for axes that do not fit and for
/// an unknown subsystem.
DumpCheck check_dumps(std::span<const MpuDump> dumps, const MpuContract& contract, const AxisSizes& axes,
                      const std::vector<std::string>& subsystems);

/// Plain text: the verdict, then each gap with what it breaks, values that differ, disagreements, hazards.
/// `other_names`: names of the object that are not in the contract, to suggest from. Ends with a line end.
std::string to_text(const DumpCheck& check, std::span<const std::string> other_names);

}  // namespace gridlock
