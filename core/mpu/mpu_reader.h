#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/grid/mpu.h"
#include "core/mpu/probe_value.h"

namespace gridlock {

/// Raised inside probes where Python would raise, and nowhere else; run_probe() turns it into a ProbeValue.
struct PythonError {
  ProbeError error;
};

/// An mpu (or None) as DeepSpeed's Python holds it: reading a name it lacks raises AttributeError. Every read
/// is one has() and then, if the name is there, one call, as getattr and () are in Python; has() alone is
/// hasattr. Also knows the caller's place in torch's default group, which several DeepSpeed functions read
/// besides the mpu.
class MpuReader {
 public:
  /// `mpu` may be null: Python's None. It is only looked at.
  MpuReader(const Mpu* mpu, RankId rank, RankId world_size)
      : mpu_(mpu), rank_(rank), world_size_(world_size) {}

  bool is_none() const { return mpu_ == nullptr; }
  /// hasattr(mpu, name).
  bool has(Accessor name) const { return mpu_ != nullptr && mpu_->has(name); }

  std::int64_t number(Accessor name) const;
  MaybeGroup group(Accessor name) const;
  /// getattr(mpu, name, None), called if it is there.
  std::optional<std::int64_t> number_or_none(Accessor name) const;
  std::int64_t attribute(Accessor name) const;
  std::vector<RankId> group_ranks() const;
  std::vector<RankId> pp_group() const;
  std::vector<RankPair> p2p_groups() const;
  MpuTopology topo() const;
  RankId stage_to_global(RankId stage, std::span<const AxisIndex> overrides = {}) const;
  /// Reads a name of which only the existence matters: a class, or a call without a result.
  void touch(Accessor name) const;

  /// dist.get_rank() and dist.get_world_size(): absolute, blind to any mapping.
  RankId rank() const { return rank_; }
  RankId world_size() const { return world_size_; }
  /// dist.get_rank(group=...): the place in the group, -1 outside. None stands for the whole world.
  std::int64_t rank_in(const MaybeGroup& group) const;

 private:
  const Mpu& require(Accessor name) const;

  const Mpu* mpu_;
  RankId rank_;
  RankId world_size_;
};

/// Throws PythonError{{type, what}}.
[[noreturn]] void raise_python(std::string type, std::string what);

}  // namespace gridlock
