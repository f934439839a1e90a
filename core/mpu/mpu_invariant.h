#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/rank_set.h"
#include "core/grid/mpu.h"

namespace gridlock {

/// The mpu objects of all ranks of one model, as a function of the absolute rank. The reference may be valid
/// until the next call only.
using MpuOfRank = std::function<const Mpu&(RankId)>;

/// The mpus of a world with what relates them: who is a member, and which rank has which place in the model.
/// Built once in O(world), then asked in O(1). Keeps the function.
class MpuWorld {
 public:
  MpuWorld(MpuOfRank mpus, RankId world_size);

  const Mpu& at(RankId rank) const { return mpus_(rank); }
  RankId size() const { return size_; }
  /// Ranks whose get_global_rank is not -1.
  RankId member_count() const { return member_count_; }
  /// The absolute rank that calls itself `model_rank`, or kNoRank.
  RankId find(std::int64_t model_rank) const;

 private:
  MpuOfRank mpus_;
  RankId size_;
  RankId member_count_ = 0;
  std::vector<RankId> world_rank_of_;
};

/// How bad it is when the sentence of an invariant does not hold.
///   inconsistent  the mpu contradicts itself or the mpu of another rank; collectives over it hang or mix
///   models hazard        the mpu is sound, but DeepSpeed draws a wrong conclusion from it without any error
enum class InvariantKind : std::uint8_t { inconsistent, hazard };

/// One statement about the accessors of a model. `check` looks at one rank and, where the statement relates
/// ranks, at the mpus of others; it reads only names that the object has, so a missing name is never a
/// violation here.
struct MpuInvariant {
  std::string_view name;
  InvariantKind kind;
  /// What holds, as a sentence.
  std::string_view sentence;
  /// What does not hold for that rank ("get_pipe_parallel_rank is 1, but its place in the group is 0"), or
  /// "".
  std::string (*check)(const MpuWorld& world, RankId rank);
};

/// All of them; the order is part of the report.
std::span<const MpuInvariant> mpu_invariants();

/// One invariant that some ranks break, with the words of the first of them.
struct MpuViolation {
  const MpuInvariant* invariant = nullptr;
  RankSet ranks;
  std::string example;
};

/// Checks every invariant on every rank. Empty for a sound model. O(world x accessors), with the
/// data-parallel size as a factor for one hazard.
std::vector<MpuViolation> check_mpu_invariants(const MpuWorld& world);

}  // namespace gridlock
