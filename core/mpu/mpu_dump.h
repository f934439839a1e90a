#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/grid/topology.h"
#include "core/mpu/accessor_table.h"
#include "core/mpu/probe_value.h"

namespace gridlock {

/// The object lacks the name.
struct DumpedMissing {
  bool operator==(const DumpedMissing&) const = default;
};
/// The name is there; what it stands for is not written down (a class, a function that is only looked for).
struct DumpedPresent {
  bool operator==(const DumpedPresent&) const = default;
};
/// Python's None.
struct DumpedNone {
  bool operator==(const DumpedNone&) const = default;
};
/// A handle of a group that the rank is no member of: torch's NON_GROUP_MEMBER.
struct DumpedNonMember {
  bool operator==(const DumpedNonMember&) const = default;
};
/// A value that is no number, group or list of ranks.
struct DumpedOther {
  std::string type;
  std::string text;
  bool operator==(const DumpedOther&) const = default;
};
/// Shared, because lists of the whole world are the same on all ranks.
using DumpedRanks = std::shared_ptr<const std::vector<RankId>>;
using DumpedPairs = std::shared_ptr<const std::vector<RankPair>>;

/// What a Python object gave for one name. A ProbeError is an exception that it raised, with its text.
using DumpedAnswer = std::variant<DumpedMissing, DumpedPresent, DumpedNone, std::int64_t, DumpedRanks,
                                  DumpedPairs, MpuGroup, DumpedNonMember, DumpedOther, ProbeError>;

/// As a sentence needs it: "1", "None", "group [0, 1]", "[0, 4]", "'two' of type str", "raises RuntimeError:
/// No groups", "NON_GROUP_MEMBER", "missing".
std::string to_string(const DumpedAnswer& answer);

/// One recorded call of stage_to_global.
struct DumpedStageCall {
  RankId stage = 0;
  std::vector<AxisIndex> with;
  DumpedAnswer answer;
};

/// One recorded call of new_group. `local`: with use_local_synchronization, which only members order.
struct DumpedCreation {
  Members members;
  std::string backend;
  bool local = false;

  bool operator==(const DumpedCreation&) const = default;
};

/// A Python mpu object on one rank, as tools/dump_mpu.py wrote it down (docs/mpu_dumps.md). The place of a
/// group (MpuGroup::place) is the number of its creation among those that all ranks order, and negative for
/// groups made otherwise.
struct MpuDump {
  RankId rank = 0;
  std::array<DumpedAnswer, kAccessorCount> answers;
  std::vector<DumpedStageCall> stage_calls;
  /// What _topo says; its answer is then DumpedPresent.
  std::optional<ProcessTopology> topology;
  int index_digits = 0;
  /// Shared by ranks that made the same groups.
  std::shared_ptr<const std::vector<DumpedCreation>> creations;

  const DumpedAnswer& answer(Accessor accessor) const { return answers[static_cast<std::size_t>(accessor)]; }
};

/// Whether an answer is of the kind that readers of this name expect.
bool fits_kind(Accessor accessor, const DumpedAnswer& answer);

/// A dump as an mpu, so that the probes and invariants of live grids run over it. Where the object raised, or
/// answered with a value of another kind, reading throws PythonError; run_probe() makes that the probe's
/// result. Keeps a reference to the dump.
class DumpedMpu : public Mpu {
 public:
  explicit DumpedMpu(const MpuDump& dump) : dump_(dump) {}

  bool has(Accessor accessor) const override;

#define GRIDLOCK_NUMBER(name) std::int64_t name() const override;
  GRIDLOCK_MPU_NUMBERS(GRIDLOCK_NUMBER)
#undef GRIDLOCK_NUMBER
#define GRIDLOCK_GROUP(name) MaybeGroup name() const override;
  GRIDLOCK_MPU_GROUPS(GRIDLOCK_GROUP)
#undef GRIDLOCK_GROUP

  std::vector<RankId> get_data_parallel_group_ranks() const override;
  /// Only recorded calls have an answer; others raise LookupError.
  RankId stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const override;
  std::int64_t attribute_number(Accessor attribute) const override;
  std::vector<RankId> attribute_pp_group() const override;
  std::optional<std::vector<RankPair>> attribute_p2p_groups() const override;
  std::optional<MpuTopology> attribute_topo() const override;

 private:
  std::int64_t number(Accessor accessor) const;
  MaybeGroup group(Accessor accessor) const;
  std::vector<RankId> ranks(Accessor accessor) const;

  const MpuDump& dump_;
};

/// The names that invariants may look at: those of which every answer is of its kind.
AccessorSet sound_names(const MpuDump& dump);

}  // namespace gridlock
