#include "core/mpu/dump_grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"
#include "core/grid/parallel_grid.h"

namespace gridlock {
namespace {

std::optional<std::int64_t> number_in(const MpuDump& dump, Accessor accessor) {
  const auto* number = std::get_if<std::int64_t>(&dump.answer(accessor));
  return number == nullptr ? std::nullopt : std::optional(*number);
}

bool in_model(const MpuDump& dump) {
  return number_in(dump, Accessor::get_global_rank).value_or(0) != kNoRank;
}

/// Where the ranks of the model are: get_global_rank as a table, or the whole world. Nothing when its answers
/// are no numbering.
std::optional<RankMapping> mapping_of(std::span<const MpuDump> dumps) {
  const auto members = static_cast<std::size_t>(
      std::count_if(dumps.begin(), dumps.end(), [](const auto& d) { return in_model(d); }));
  std::vector<RankId> world_ranks(members, kNoRank);
  for (std::size_t i = 0, next = 0; i < dumps.size(); ++i) {
    if (!in_model(dumps[i])) continue;
    const std::int64_t place =
        number_in(dumps[i], Accessor::get_global_rank).value_or(static_cast<std::int64_t>(next++));
    if (place < 0 || place >= static_cast<std::int64_t>(members)) return std::nullopt;
    RankId& rank = world_ranks[static_cast<std::size_t>(place)];
    if (rank != kNoRank) return std::nullopt;
    rank = dumps[i].rank;
  }
  if (members == 0) return std::nullopt;
  return RankMapping::list(std::move(world_ranks));
}

std::string words_of(const AxisSizes& axes) {
  std::string words;
  for (const auto& [axis, size] : axes) words += fmt::format("{}{}={}", words.empty() ? "" : ",", axis, size);
  return words;
}

bool has_axis(const AxisSizes& axes, std::string_view name) {
  return std::any_of(axes.begin(), axes.end(), [&](const auto& axis) { return axis.first == name; });
}

std::shared_ptr<const Plan> plan_of(AxisSizes axes, const RankMapping& mapping, RankId world_size) {
  const bool context = has_axis(axes, "context");
  for (const char* needed : {"tensor", "data", "pipe"}) {
    if (has_axis(axes, needed) || (needed == std::string("tensor") && has_axis(axes, "model"))) continue;
    axes.insert(axes.begin(), {needed, 1});
  }
  std::vector<std::string> names;
  std::vector<std::int64_t> sizes;
  for (const auto& [axis, size] : axes) {
    names.push_back(axis);
    sizes.push_back(size);
  }
  GridSpec spec{ProcessTopology(names, sizes), context ? megatron_recipe() : areal_recipe(), mapping};
  return std::make_shared<const Plan>(std::move(spec), world_size);
}

void check_axes(const AxisSizes& axes, RankId members) {
  const std::vector<std::string> known = {"pipe", "data", "tensor", "model", "context", "sequence"};
  std::int64_t product = 1;
  for (const auto& [axis, size] : axes) {
    if (std::find(known.begin(), known.end(), axis) == known.end()) {
      throw InputError("axes", fmt::format("there is no axis '{}'", axis), name_hint(axis, known));
    }
    product *= size;
  }
  if (product == members) return;
  throw InputError("axes", fmt::format("{} are {} ranks, but {} ranks are in the model", words_of(axes),
                                       product, members));
}

/// The axes of _topo on the first rank that has them.
AxisSizes axes_of_topology(std::span<const MpuDump> dumps) {
  AxisSizes axes;
  for (const MpuDump& dump : dumps) {
    if (!dump.topology || !in_model(dump)) continue;
    for (const std::string& name : dump.topology->get_axis_names()) {
      axes.emplace_back(name, dump.topology->get_dim(name));
    }
    return axes;
  }
  return axes;
}

/// The size on the first member that knows one of the names.
std::optional<std::int64_t> size_in(std::span<const MpuDump> dumps, std::initializer_list<Accessor> names) {
  for (const MpuDump& dump : dumps) {
    for (Accessor name : names) {
      if (const auto size = number_in(dump, name); in_model(dump) && size) return size;
    }
  }
  return std::nullopt;
}

/// Without a name for the tensor axis it is what the stages leave of the model: all of it for the mpu that
/// DeepSpeed documents, which knows model and data only.
AxisSizes axes_of_sizes(std::span<const MpuDump> dumps) {
  using enum Accessor;
  const std::int64_t pipe = size_in(dumps, {get_pipe_parallel_world_size,
                                            get_pipeline_model_parallel_world_size, pipe_parallel_size})
                                .value_or(1);
  const auto data = size_in(dumps, {get_data_parallel_world_size, data_parallel_size});
  auto tensor = size_in(
      dumps, {get_tensor_model_parallel_world_size, get_slice_parallel_world_size, model_parallel_size});
  const auto model = size_in(dumps, {get_model_parallel_world_size});
  if (!tensor && model && pipe > 0 && *model % pipe == 0) tensor = *model / pipe;
  AxisSizes axes = {{"pipe", pipe}, {"data", data.value_or(1)}, {"tensor", tensor.value_or(1)}};
  const auto sequence = size_in(dumps, {get_sequence_parallel_world_size});
  if (sequence.value_or(1) > 1) axes.emplace_back("sequence", *sequence);
  return axes;
}

/// The order of the axes under which the fewest answers differ; that of the list on a tie.
AxisSizes best_order(std::span<const MpuDump> dumps, const AxisSizes& axes, const RankMapping& mapping) {
  std::vector<std::size_t> order(axes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  AxisSizes best;
  std::size_t fewest = 0;
  do {
    AxisSizes candidate;
    for (std::size_t i : order) candidate.push_back(axes[i]);
    std::size_t differ = 0;
    const auto plan = plan_of(candidate, mapping, static_cast<RankId>(dumps.size()));
    for (const AlgebraMismatch& mismatch : compare_with_grid(dumps, plan).mismatches)
      differ += mismatch.ranks.size();
    if (!best.empty() && differ >= fewest) continue;
    best = candidate;
    fewest = differ;
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

}  // namespace

DumpGrid find_dump_grid(std::span<const MpuDump> dumps, const AxisSizes& given) {
  const auto world_size = static_cast<RankId>(dumps.size());
  const auto mapping = mapping_of(dumps);
  if (!mapping) return {nullptr, "", "get_global_rank does not number the ranks of a model"};
  if (!given.empty()) {
    check_axes(given, mapping->size());
    return {plan_of(given, *mapping, world_size), words_of(given), "given"};
  }
  AxisSizes axes = axes_of_topology(dumps);
  const bool named = !axes.empty();
  if (!named) axes = axes_of_sizes(dumps);
  try {
    check_axes(axes, mapping->size());
    if (!named) axes = best_order(dumps, axes, *mapping);
    return {plan_of(axes, *mapping, world_size), words_of(axes),
            named ? "from _topo" : "from the sizes, in the order that fits best"};
  } catch (const InputError& error) {
    return {nullptr, words_of(axes), error.message()};
  }
}

}  // namespace gridlock
