// What must hold for any mpu that a collective is to run over: each rank against itself, then ranks against
// each other.

#include <fmt/format.h>

#include <optional>

#include "core/mpu/mpu_invariant_tables.h"

namespace gridlock {
namespace {

std::optional<std::int64_t> number_of(const Mpu& mpu, Accessor name) {
  if (!mpu.has(name)) return std::nullopt;
  return read_number(mpu, name);
}

MaybeGroup group_of(const Mpu& mpu, Accessor name) {
  if (!mpu.has(name)) return std::nullopt;
  return read_group(mpu, name);
}

std::string_view word(Accessor name) { return accessor_name(name); }

/// Calls `check(dimension, group)` for each dimension of which the rank holds a group, until it has words.
template <typename Check>
std::string in_each_group(const Mpu& mpu, Check check) {
  for (const MpuDimension& dimension : mpu_dimensions()) {
    const MaybeGroup group = group_of(mpu, dimension.group);
    if (!group) continue;
    std::string broken = check(dimension, *group);
    if (!broken.empty()) return broken;
  }
  return "";
}

std::string own_group(const MpuWorld& world, RankId rank) {
  return in_each_group(
      world.at(rank), [&](const MpuDimension& dimension, const MpuGroup& group) -> std::string {
        if (group.members.contains(rank)) return "";
        return fmt::format("{} of rank {} is {}", word(dimension.group), rank, group.members.to_string());
      });
}

std::string rank_is_place(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  return in_each_group(mpu, [&](const MpuDimension& dimension, const MpuGroup& group) -> std::string {
    const auto said = number_of(mpu, dimension.rank);
    const GroupRank place = group.members.index_of(rank);
    if (!said || place == kNoRank || *said == place) return "";
    return fmt::format("{} of rank {} is {}, but its place in {} is {}", word(dimension.rank), rank, *said,
                       group.members.to_string(), place);
  });
}

std::string size_is_size(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  return in_each_group(mpu, [&](const MpuDimension& dimension, const MpuGroup& group) -> std::string {
    const auto said = number_of(mpu, dimension.size);
    if (!said || *said == group.members.size()) return "";
    return fmt::format("{} of rank {} is {}, but {} has {} members", word(dimension.size), rank, *said,
                       word(dimension.group), group.members.size());
  });
}

std::string rank_below_size(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  for (const MpuDimension& dimension : mpu_dimensions()) {
    const auto place = number_of(mpu, dimension.rank);
    const auto size = number_of(mpu, dimension.size);
    if (!place || !size || (*place >= kNoRank && *place < *size)) continue;
    return fmt::format("{} of rank {} is {} with {} = {}", word(dimension.rank), rank, *place,
                       word(dimension.size), *size);
  }
  return "";
}

std::string all_or_nothing(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  for (const MpuDimension& dimension : mpu_dimensions()) {
    const auto place = number_of(mpu, dimension.rank);
    if (!place || !mpu.has(dimension.group)) continue;
    const MaybeGroup group = read_group(mpu, dimension.group);
    if (group.has_value() == (*place != kNoRank)) continue;
    return fmt::format("{} of rank {} is {}, but {} is {}", word(dimension.rank), rank, *place,
                       word(dimension.group), group ? group->members.to_string() : "None");
  }
  return "";
}

struct Synonyms {
  Accessor first;
  Accessor second;
};

constexpr Synonyms kNumberSynonyms[] = {
    {Accessor::get_pipe_parallel_rank, Accessor::get_pipeline_model_parallel_rank},
    {Accessor::get_pipe_parallel_rank, Accessor::get_stage_id},
    {Accessor::get_pipe_parallel_world_size, Accessor::get_pipeline_model_parallel_world_size},
    {Accessor::get_pipe_parallel_world_size, Accessor::get_pipeline_parallel_world_size},
    {Accessor::get_tensor_model_parallel_rank, Accessor::get_slice_parallel_rank},
    {Accessor::get_tensor_model_parallel_world_size, Accessor::get_slice_parallel_world_size},
    {Accessor::get_data_parallel_rank, Accessor::get_data_parallel_id}};

constexpr Synonyms kGroupSynonyms[] = {
    {Accessor::get_pipe_parallel_group, Accessor::get_pipeline_model_parallel_group},
    {Accessor::get_tensor_model_parallel_group, Accessor::get_slice_parallel_group}};

std::string synonyms_agree(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  for (const auto& [first, second] : kNumberSynonyms) {
    const auto a = number_of(mpu, first), b = number_of(mpu, second);
    if (!a || !b || *a == *b) continue;
    return fmt::format("{} of rank {} is {}, but {} is {}", word(first), rank, *a, word(second), *b);
  }
  for (const auto& [first, second] : kGroupSynonyms) {
    if (!mpu.has(first) || !mpu.has(second) || read_group(mpu, first) == read_group(mpu, second)) continue;
    return fmt::format("{} and {} of rank {} are different groups", word(first), word(second), rank);
  }
  return "";
}

std::string gloo_twins(const MpuWorld& world, RankId rank) {
  constexpr Synonyms kTwins[] = {
      {Accessor::get_tensor_model_parallel_group, Accessor::get_tensor_model_parallel_cpu_group},
      {Accessor::get_data_parallel_group, Accessor::get_data_parallel_group_gloo}};
  const Mpu& mpu = world.at(rank);
  for (const auto& [first, second] : kTwins) {
    const MaybeGroup device = group_of(mpu, first), twin = group_of(mpu, second);
    if (!device || !twin) continue;
    if (twin->backend == BackendKind::gloo && twin->members == device->members) continue;
    return fmt::format("{} of rank {} is {} on {}", word(second), rank, twin->members.to_string(),
                       backend_name(twin->backend));
  }
  return "";
}

std::string source_is_first(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  const auto source = number_of(mpu, Accessor::get_tensor_model_parallel_src_rank);
  const MaybeGroup group = group_of(mpu, Accessor::get_tensor_model_parallel_group);
  if (!source || !group || group->members.empty() || *source == group->members[0]) return "";
  return fmt::format("get_tensor_model_parallel_src_rank of rank {} is {}, but its tensor group is {}", rank,
                     *source, group->members.to_string());
}

std::string data_ranks_are_members(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  if (!mpu.has(Accessor::get_data_parallel_group_ranks) || !mpu.has(Accessor::get_data_parallel_group))
    return "";
  const MaybeGroup group = mpu.get_data_parallel_group();
  const Members listed = Members::list(mpu.get_data_parallel_group_ranks());
  if (listed == (group ? group->members : Members())) return "";
  return fmt::format("get_data_parallel_group_ranks of rank {} are {}, but its data group is {}", rank,
                     listed.to_string(), group ? group->members.to_string() : "None");
}

/// model = tensor x pipe, and model x data (x sequence) = the number of ranks that have a place in the model.
std::string sizes_multiply(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  const auto model = number_of(mpu, Accessor::get_model_parallel_world_size);
  const auto tensor = number_of(mpu, Accessor::get_tensor_model_parallel_world_size);
  const auto pipe = number_of(mpu, Accessor::get_pipe_parallel_world_size);
  const auto data = number_of(mpu, Accessor::get_data_parallel_world_size);
  const std::int64_t sequence = number_of(mpu, Accessor::get_sequence_parallel_world_size).value_or(1);
  if (!tensor || !pipe || !data || !mpu.has(Accessor::get_global_rank)) return "";
  const std::int64_t product = *tensor * *pipe * *data * sequence;
  if (product != world.member_count()) {
    return fmt::format(
        "tensor {} x pipe {} x data {} x sequence {} of rank {} is {}, but {} ranks are in the model",
        *tensor, *pipe, *data, sequence, rank, product, world.member_count());
  }
  if (!model || *model == *tensor * *pipe * sequence) return "";
  return fmt::format(
      "get_model_parallel_world_size of rank {} is {}, but tensor {} x pipe {} x sequence {} is {}", rank,
      *model, *tensor, *pipe, sequence, *tensor * *pipe * sequence);
}

/// Each rank asks only the next member of its group, around the ring: whoever holds a group then has a
/// neighbour that holds it too, hence all members do.
std::string members_agree(const MpuWorld& world, RankId rank) {
  return in_each_group(
      world.at(rank), [&](const MpuDimension& dimension, const MpuGroup& group) -> std::string {
        const GroupRank place = group.members.index_of(rank);
        if (place == kNoRank) return "";
        const RankId other = group.members[(place + 1) % group.members.size()];
        const MaybeGroup theirs =
            other < world.size() ? group_of(world.at(other), dimension.group) : std::nullopt;
        if (theirs && *theirs == group) return "";
        const std::string words = !theirs                            ? "None"
                                  : theirs->members == group.members ? "another group of the same ranks"
                                                                     : theirs->members.to_string();
        return fmt::format("{} of rank {} is {}, but of rank {} it is {}", word(dimension.group), rank,
                           group.members.to_string(), other, words);
      });
}

std::string buddies_symmetric(const MpuWorld& world, RankId rank) {
  const Mpu& mpu = world.at(rank);
  const auto own = number_of(mpu, Accessor::get_global_rank);
  const auto stage = number_of(mpu, Accessor::get_stage_id);
  const auto stages = number_of(mpu, Accessor::get_pipe_parallel_world_size);
  if (!own || *own == kNoRank || !stage || !stages || !mpu.has(Accessor::stage_to_global)) return "";
  const RankId next = mpu.stage_to_global(static_cast<RankId>((*stage + 1) % *stages), {});
  const RankId next_world = world.find(next);
  if (next_world == kNoRank)
    return fmt::format("the next stage of rank {} is rank {}, which nobody is", rank, next);
  const RankId back = world.at(next_world).stage_to_global(static_cast<RankId>(*stage), {});
  if (back == *own) return "";
  return fmt::format("the next stage of rank {} is rank {}, whose previous stage is rank {}", *own, next,
                     back);
}

constexpr auto kKind = InvariantKind::inconsistent;

constexpr MpuInvariant kInvariants[] = {
    {"own_group", kKind, "A rank is a member of each of its groups.", own_group},
    {"group_rank", kKind, "A rank accessor is the place of the rank in the group.", rank_is_place},
    {"group_size", kKind, "A world_size accessor is the number of members of the group.", size_is_size},
    {"rank_range", kKind, "A rank accessor is -1, or from 0 to below its world_size.", rank_below_size},
    {"all_or_nothing", kKind, "A rank has a group exactly when it has a place in it.", all_or_nothing},
    {"synonyms", kKind, "Two names of one thing give one answer.", synonyms_agree},
    {"gloo_twin", kKind, "The gloo twin of a group has its members and runs on gloo.", gloo_twins},
    {"tensor_source", kKind, "The source rank of a tensor group is its first member.", source_is_first},
    {"data_ranks", kKind, "get_data_parallel_group_ranks are the members of the data group.",
     data_ranks_are_members},
    {"sizes_multiply", kKind, "The sizes multiply to the number of ranks in the model.", sizes_multiply},
    {"members_agree", kKind, "All members of a group hold the same group.", members_agree},
    {"pipe_buddies", kKind, "The previous stage of a rank's next stage is the rank itself.",
     buddies_symmetric},
};

}  // namespace

std::span<const MpuInvariant> consistency_invariants() { return kInvariants; }

}  // namespace gridlock
