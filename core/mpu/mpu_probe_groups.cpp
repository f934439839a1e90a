// deepspeed/utils/groups.py: the accessor functions that ZeRO, MoE and the engine call instead of the mpu
// itself, and the two functions that make expert groups from it. A device mesh, which would replace the mpu,
// is not modelled.

#include <fmt/format.h>

#include <algorithm>

#include "core/base/rank_set.h"
#include "core/mpu/mpu_bwc.h"
#include "core/mpu/mpu_probe_tables.h"

namespace gridlock {
namespace {

using RankLists = std::vector<std::vector<RankId>>;

constexpr std::string_view kSubsystem = "groups (utils/groups.py)";
constexpr std::string_view kFile = "utils/groups.py";

/// Presence of that one name makes DeepSpeed take the object for a sequence-only mpu.
bool sequence_only(const MpuReader& mpu) { return mpu.has(Accessor::initialize_sequence_parallel); }

/// Without an mpu DeepSpeed hands out a clone of the default group.
MaybeGroup world_group(const MpuReader& mpu) {
  return MpuGroup{.members = Members::range(0, mpu.world_size())};
}

MaybeGroup data_group(const MpuReader& mpu) {
  if (mpu.is_none()) return world_group(mpu);
  if (sequence_only(mpu)) return std::nullopt;
  return mpu.group(Accessor::get_data_parallel_group);
}

ProbeValue data_size(const MpuReader& mpu) {
  if (mpu.is_none()) return std::int64_t{mpu.world_size()};
  if (sequence_only(mpu)) return {};
  return mpu.number(Accessor::get_data_parallel_world_size);
}

std::int64_t data_rank(const MpuReader& mpu) { return mpu.rank_in(data_group(mpu)); }

ProbeValue data_ranks(const MpuReader& mpu) {
  if (mpu.is_none()) return ProbeValue::ranks(Members::range(0, mpu.world_size()).to_vector());
  return ProbeValue::ranks(mpu.group_ranks());
}

std::int64_t model_size(const MpuReader& mpu) {
  if (mpu.is_none() || sequence_only(mpu)) return 1;
  return mpu.number(Accessor::get_model_parallel_world_size);
}

std::int64_t sequence_size(const MpuReader& mpu) {
  if (!mpu.has(Accessor::get_sequence_parallel_world_size)) return 1;
  return mpu.number(Accessor::get_sequence_parallel_world_size);
}

std::int64_t sequence_rank(const MpuReader& mpu) {
  if (!mpu.has(Accessor::get_sequence_parallel_rank)) return 0;
  return mpu.number(Accessor::get_sequence_parallel_rank);
}

MaybeGroup sequence_group(const MpuReader& mpu) {
  if (!mpu.has(Accessor::get_sequence_parallel_group))
    raise_python("KeyError", "No sequence parallel group found");
  return mpu.group(Accessor::get_sequence_parallel_group);
}

ProbeValue sequence_data_size(const MpuReader& mpu) {
  if (!mpu.has(Accessor::get_sequence_data_parallel_world_size)) return data_size(mpu);
  return mpu.number(Accessor::get_sequence_data_parallel_world_size);
}

std::int64_t sequence_data_rank(const MpuReader& mpu) {
  if (!mpu.has(Accessor::get_sequence_data_parallel_rank)) return data_rank(mpu);
  return mpu.number(Accessor::get_sequence_data_parallel_rank);
}

MaybeGroup sequence_data_group(const MpuReader& mpu) {
  if (!mpu.has(Accessor::get_sequence_data_parallel_group)) return data_group(mpu);
  return mpu.group(Accessor::get_sequence_data_parallel_group);
}

/// torch takes None for the default group, whose first member is rank 0.
ProbeValue broadcast_source(const MpuReader& mpu) {
  const MaybeGroup group = sequence_data_group(mpu);
  return std::int64_t{group ? group->members[0] : 0};
}

void ensure_divisible(std::int64_t numerator, std::int64_t denominator) {
  if (denominator > 0 && numerator % denominator == 0) return;
  raise_python("AssertionError", fmt::format("{} is not divisible by {}", numerator, denominator));
}

/// All groups in the order of their creation, then the caller's expert group and expert-data group by name.
ProbeValue expert_result(const MpuReader& mpu, const RankLists& expert, const RankLists& expert_data,
                         bool data_first) {
  std::vector<ProbeValue> created;
  const auto own = [&](const RankLists& lists) {
    std::vector<ProbeField> mine;
    for (const auto& ranks : lists) {
      if (std::find(ranks.begin(), ranks.end(), mpu.rank()) == ranks.end()) continue;
      mine.push_back({"ep_size_2", ProbeValue::ranks(ranks)});
    }
    return ProbeValue::fields(std::move(mine));
  };
  for (const RankLists* lists : {data_first ? &expert_data : &expert, data_first ? &expert : &expert_data}) {
    for (const auto& ranks : *lists) created.push_back(ProbeValue::ranks(ranks));
  }
  return ProbeValue::list({ProbeValue::list(std::move(created)), own(expert), own(expert_data)});
}

/// _create_expert_and_data_parallel(2): experts without tensor parallelism. Blocks of consecutive ranks of
/// the whole world are expert groups; every second rank of a stage is an expert-data group.
ProbeValue expert_and_data(const MpuReader& mpu) {
  const std::int64_t stages = bwc::pipe_size(mpu);
  ensure_divisible(mpu.world_size(), stages);
  const auto stride = static_cast<RankId>(mpu.world_size() / stages);
  ensure_divisible(stride, 2);
  RankLists expert, expert_data;
  for (RankId stage = 0; stage < mpu.world_size(); stage += stride) {
    for (RankId first : {stage, stage + 1}) {
      expert_data.push_back(RankSet::strided(first, 2, stride / 2).to_vector());
    }
  }
  for (RankId first = 0; first < mpu.world_size(); first += 2) expert.push_back({first, first + 1});
  return expert_result(mpu, expert, expert_data, true);
}

/// _create_expert_data_and_model_parallel(2, mpu): every data-parallel lane of torch's whole world is cut
/// into expert groups of two neighbours, and ranks of equal place in them form the expert-data groups. The
/// mapping of the model onto the world plays no part.
ProbeValue expert_data_and_model(const MpuReader& mpu) {
  const std::int64_t tensor = bwc::tensor_size(mpu);
  const ProbeValue data = data_size(mpu);
  if (data.is_none()) raise_python("TypeError", "unsupported operand type(s) for %: 'NoneType' and 'int'");
  const std::int64_t stages = bwc::pipe_size(mpu);
  const std::int64_t world = mpu.world_size();
  ensure_divisible(world, tensor);
  ensure_divisible(*data.number(), 2);
  ensure_divisible(world, tensor * stages);
  const std::int64_t lane_size = world / (tensor * stages);
  ensure_divisible(lane_size, 2);
  RankLists expert, expert_data;
  for (std::int64_t lane = 0; lane < stages * tensor; ++lane) {
    const std::int64_t first = lane / tensor * (world / stages) + lane % tensor;
    const auto rank_at = [&](std::int64_t place) { return static_cast<RankId>(first + place * tensor); };
    for (std::int64_t place = 0; place < lane_size; place += 2)
      expert.push_back({rank_at(place), rank_at(place + 1)});
    for (std::int64_t place : {0, 1}) {
      expert_data.push_back(RankSet::strided(rank_at(place), static_cast<RankId>(2 * tensor),
                                             static_cast<RankId>(lane_size / 2))
                                .to_vector());
    }
  }
  return expert_result(mpu, expert, expert_data, false);
}

constexpr Probe kProbes[] = {
    {kSubsystem, kFile, "_get_data_parallel_group",
     [](const MpuReader& mpu) -> ProbeValue { return data_group(mpu); }},
    {kSubsystem, kFile, "_get_data_parallel_group_ranks", data_ranks},
    {kSubsystem, kFile, "_get_data_parallel_world_size", data_size},
    {kSubsystem, kFile, "_get_model_parallel_world_size",
     [](const MpuReader& mpu) -> ProbeValue { return model_size(mpu); }},
    {kSubsystem, kFile, "_get_data_parallel_rank",
     [](const MpuReader& mpu) -> ProbeValue { return data_rank(mpu); }},
    {kSubsystem, kFile, "_get_sequence_parallel_world_size",
     [](const MpuReader& mpu) -> ProbeValue { return sequence_size(mpu); }},
    {kSubsystem, kFile, "_get_sequence_parallel_rank",
     [](const MpuReader& mpu) -> ProbeValue { return sequence_rank(mpu); }},
    {kSubsystem, kFile, "_get_sequence_parallel_group",
     [](const MpuReader& mpu) -> ProbeValue { return sequence_group(mpu); }},
    {kSubsystem, kFile, "_get_sequence_data_parallel_world_size", sequence_data_size},
    {kSubsystem, kFile, "_get_sequence_data_parallel_rank",
     [](const MpuReader& mpu) -> ProbeValue { return sequence_data_rank(mpu); }},
    {kSubsystem, kFile, "_get_sequence_data_parallel_group",
     [](const MpuReader& mpu) -> ProbeValue { return sequence_data_group(mpu); }},
    {kSubsystem, kFile, "_get_broadcast_src_rank", broadcast_source},
    {kSubsystem, kFile, "_create_expert_and_data_parallel(ep=2)", expert_and_data, true},
    {kSubsystem, kFile, "_create_expert_data_and_model_parallel(ep=2, mpu)", expert_data_and_model, true},
};

}  // namespace

std::span<const Probe> groups_probes() { return kProbes; }

}  // namespace gridlock
