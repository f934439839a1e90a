// Sound mpus from which DeepSpeed 0.19.6 draws wrong conclusions without raising anything. Each of them was
// seen in the sources or the recorded runs (tests/data/mpu_contract.README.md).

#include <fmt/format.h>

#include "core/mpu/mpu_bwc.h"
#include "core/mpu/mpu_invariant_tables.h"

namespace gridlock {
namespace {

/// utils/groups.py _get_data_parallel_rank is dist.get_rank(group=None) then, and every collective is the
/// world's.
std::string none_is_world(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (!mpu.has(Accessor::get_data_parallel_group) || mpu.get_data_parallel_group()) return "";
  return fmt::format(
      "the data group of rank {} is None, so DeepSpeed counts it as data-parallel rank {} of {}", rank, rank,
      world.size());
}

/// runtime/pipe/engine.py and p2p.py send, receive and broadcast with these ranks; module.py names files by
/// them.
std::string model_ranks_as_absolute(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (!mpu.has(Accessor::get_global_rank)) return "";
  const std::int64_t model_rank = mpu.get_global_rank();
  if (model_rank == kNoRank || model_rank == rank) return "";
  return fmt::format(
      "get_global_rank of rank {} is {}, and the pipe engine sends to the ranks of that numbering", rank,
      model_rank);
}

bool has_stages(const Mpu& mpu) { return bwc::pipe_size(MpuReader(&mpu, 0, 1)) > 1; }

/// runtime/hybrid_engine.py asks for the model group first and uses it for tensor parallelism.
std::string hybrid_takes_stages(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (!has_stages(mpu) || !mpu.has(Accessor::get_model_parallel_world_size) ||
      !mpu.has(Accessor::get_tensor_model_parallel_world_size)) {
    return "";
  }
  if (mpu.has(Accessor::get_model_parallel_rank) && mpu.get_model_parallel_rank() == kNoRank) return "";
  const std::int64_t model = mpu.get_model_parallel_world_size();
  const std::int64_t tensor = mpu.get_tensor_model_parallel_world_size();
  if (model == tensor) return "";
  return fmt::format("it splits tensors {} ways instead of {}", model, tensor);
}

/// runtime/utils.py get_global_norm_of_tensors sums over the model group and then over the pipe group.
std::string norm_counts_stages(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  const MpuReader reader(&mpu, rank, world.size());
  if (!has_stages(mpu) || !mpu.has(Accessor::get_model_parallel_group)) return "";
  if (!mpu.has(Accessor::get_pipe_parallel_group) && !mpu.has(Accessor::get_pipeline_model_parallel_group))
    return "";
  const MaybeGroup model = mpu.get_model_parallel_group(), pipe = bwc::pipe_group(reader);
  if (!model || !pipe) return "";
  bool inside = true;
  pipe->members.for_each([&](RankId member) { inside = inside && model->members.contains(member); });
  if (!inside) return "";
  return fmt::format("the sum of squares of rank {} is counted {} times", rank, pipe->members.size());
}

/// utils/groups.py _create_expert_data_and_model_parallel cuts torch's whole world into lanes, as if the
/// model were all of it with the stages outermost and tensor parallelism innermost. A lane ought to be a data
/// group.
std::string expert_lanes(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (!mpu.has(Accessor::get_data_parallel_group) ||
      !mpu.has(Accessor::get_tensor_model_parallel_world_size)) {
    return "";
  }
  const MaybeGroup data = mpu.get_data_parallel_group();
  const auto tensor = static_cast<RankId>(mpu.get_tensor_model_parallel_world_size());
  const auto stages = static_cast<RankId>(bwc::pipe_size(MpuReader(&mpu, rank, world.size())));
  if (!data || tensor < 1 || stages < 1 || world.size() % (tensor * stages) != 0) return "";
  const RankId stage_size = world.size() / stages;
  const RankId first = rank / stage_size * stage_size + rank % tensor;
  for (RankId other = first; other < first / stage_size * stage_size + stage_size; other += tensor) {
    if (data->members.contains(other)) continue;
    return fmt::format("expert groups of rank {} mix it with rank {}, which is not in its data group {}",
                       rank, other, data->members.to_string());
  }
  return "";
}

/// utils/groups.py and ZeRO take any object with that name for one that knows nothing but sequence
/// parallelism.
std::string taken_for_sequence_only(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (!mpu.has(Accessor::initialize_sequence_parallel) || !mpu.has(Accessor::get_data_parallel_group))
    return "";
  return fmt::format("the data and model groups of rank {} are never asked for", rank);
}

/// runtime/config.py swallows the AttributeError and divides the batch size by 1.
std::string batch_size_of_one(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (mpu.has(Accessor::get_data_parallel_world_size) || mpu.has(Accessor::get_sequence_parallel_world_size))
    return "";
  return fmt::format("rank {} reckons with a world of 1", rank);
}

/// module_inject/auto_ep_folding.py does not try the name that grids have.
std::string auto_ep_blind_to_stages(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (mpu.has(Accessor::get_pipeline_model_parallel_world_size) ||
      mpu.has(Accessor::get_pipeline_parallel_world_size) ||
      !mpu.has(Accessor::get_pipe_parallel_world_size) || mpu.get_pipe_parallel_world_size() <= 1) {
    return "";
  }
  return fmt::format("its check passes with {} stages unseen", mpu.get_pipe_parallel_world_size());
}

constexpr auto kKind = InvariantKind::hazard;

constexpr MpuInvariant kInvariants[] = {
    {"none_group", kKind, "No rank hands DeepSpeed None for a group, which torch takes for the whole world.",
     none_is_world},
    {"absolute_ranks", kKind, "The ranks that the pipe engine takes for absolute ranks are absolute.",
     model_ranks_as_absolute},
    {"hybrid_engine", kKind, "The hybrid engine's tensor group holds no other stages.", hybrid_takes_stages},
    {"global_norm", kKind, "The global norm counts every stage once.", norm_counts_stages},
    {"expert_groups", kKind, "DeepSpeed's expert groups stay inside the data group.", expert_lanes},
    {"sequence_only", kKind, "An mpu with data groups is not taken for a sequence-only one.",
     taken_for_sequence_only},
    {"batch_size", kKind, "The config finds a data-parallel size for the batch size.", batch_size_of_one},
    {"auto_ep_stages", kKind, "AutoEP sees the number of stages.", auto_ep_blind_to_stages},
};

}  // namespace

std::span<const MpuInvariant> hazard_invariants() { return kInvariants; }

}  // namespace gridlock
