#include "core/mpu/mpu_invariant.h"

#include "core/mpu/mpu_invariant_tables.h"

namespace gridlock {
namespace {

const std::vector<MpuInvariant>& table() {
  static const std::vector<MpuInvariant> invariants = [] {
    std::vector<MpuInvariant> all;
    for (auto part : {consistency_invariants(), hazard_invariants()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return invariants;
}

constexpr MpuDimension kDimensions[] = {
    {"model", Accessor::get_model_parallel_rank, Accessor::get_model_parallel_world_size,
     Accessor::get_model_parallel_group},
    {"tensor", Accessor::get_tensor_model_parallel_rank, Accessor::get_tensor_model_parallel_world_size,
     Accessor::get_tensor_model_parallel_group},
    {"slice", Accessor::get_slice_parallel_rank, Accessor::get_slice_parallel_world_size,
     Accessor::get_slice_parallel_group},
    {"pipe", Accessor::get_pipe_parallel_rank, Accessor::get_pipe_parallel_world_size,
     Accessor::get_pipe_parallel_group},
    {"pipeline", Accessor::get_pipeline_model_parallel_rank, Accessor::get_pipeline_model_parallel_world_size,
     Accessor::get_pipeline_model_parallel_group},
    {"data", Accessor::get_data_parallel_rank, Accessor::get_data_parallel_world_size,
     Accessor::get_data_parallel_group},
    {"sequence", Accessor::get_sequence_parallel_rank, Accessor::get_sequence_parallel_world_size,
     Accessor::get_sequence_parallel_group},
    {"sequence x data", Accessor::get_sequence_data_parallel_rank,
     Accessor::get_sequence_data_parallel_world_size, Accessor::get_sequence_data_parallel_group},
};

}  // namespace

MpuWorld::MpuWorld(MpuOfRank mpus, RankId world_size) : mpus_(std::move(mpus)), size_(world_size) {
  world_rank_of_.assign(static_cast<std::size_t>(size_), kNoRank);
  for (RankId rank = 0; rank < size_; ++rank) {
    const Mpu& mpu = at(rank);
    const std::int64_t place = mpu.has(Accessor::get_global_rank) ? mpu.get_global_rank() : kNoRank;
    if (place == kNoRank) continue;
    ++member_count_;
    if (place >= 0 && place < size_) world_rank_of_[static_cast<std::size_t>(place)] = rank;
  }
}

RankId MpuWorld::find(std::int64_t model_rank) const {
  return model_rank >= 0 && model_rank < size_ ? world_rank_of_[static_cast<std::size_t>(model_rank)]
                                               : kNoRank;
}

std::span<const MpuInvariant> mpu_invariants() { return table(); }

std::span<const MpuDimension> mpu_dimensions() { return kDimensions; }

std::vector<MpuViolation> check_mpu_invariants(const MpuWorld& world) {
  std::vector<MpuViolation> violations;
  for (const MpuInvariant& invariant : mpu_invariants()) {
    std::vector<RankId> ranks;
    std::string example;
    for (RankId rank = 0; rank < world.size(); ++rank) {
      std::string broken = invariant.check(world, rank);
      if (broken.empty()) continue;
      if (ranks.empty()) example = std::move(broken);
      ranks.push_back(rank);
    }
    if (!ranks.empty()) violations.push_back({&invariant, RankSet(std::move(ranks)), std::move(example)});
  }
  return violations;
}

}  // namespace gridlock
