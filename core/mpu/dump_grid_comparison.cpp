// Every answer of a dump beside what the grid computes.

#include <fmt/format.h>

#include "core/base/input_error.h"
#include "core/grid/parallel_grid.h"
#include "core/mpu/dump_grid.h"

namespace gridlock {
namespace {

/// "expected 1, got 0", "" when they agree; nothing where there is nothing to compare.
using Difference = std::optional<std::string>;

template <typename Value, typename Words>
Difference difference(const Value& expected, const Value& got, Words words) {
  if (expected == got) return "";
  return fmt::format("expected {}, got {}", words(expected), words(got));
}

Difference compare_numbers(std::int64_t expected, std::int64_t got) {
  return difference(expected, got, [](std::int64_t number) { return fmt::format("{}", number); });
}

Difference compare_ranks(const std::vector<RankId>& expected, const std::vector<RankId>& got) {
  return difference(expected, got,
                    [](const std::vector<RankId>& ranks) { return ProbeValue::ranks(ranks).to_string(); });
}

Difference compare_groups(const MaybeGroup& expected, const MaybeGroup& got) {
  const auto members = [](const MaybeGroup& group) { return group ? group->members : Members(); };
  return difference(members(expected), members(got), [](const Members& ranks) {
    return ranks.empty() ? std::string("None") : "group " + ranks.to_string();
  });
}

Difference compare_stages(const MpuDump& dump, const ParallelGrid& grid) {
  for (const DumpedStageCall& call : dump.stage_calls) {
    const auto* got = std::get_if<std::int64_t>(&call.answer);
    if (got == nullptr) continue;
    try {
      const RankId expected = grid.stage_to_global(call.stage, call.with);
      if (expected == *got) continue;
      return fmt::format("expected {} for stage {}{}, got {}", expected, call.stage,
                         call.with.empty() ? "" : " with other axes given", *got);
    } catch (const InputError&) {
      // No such stage or index in this grid; the sizes tell.
    }
  }
  return "";
}

/// "pipe=2, tensor=2": without axes of size 1, and with one name for the two of the tensor axis.
std::string axes_of(const ProcessTopology& topology) {
  std::string words;
  for (const std::string& name : topology.get_axis_names()) {
    if (topology.get_dim(name) == 1) continue;
    words += fmt::format("{}{}={}", words.empty() ? "" : ", ", name == "model" ? "tensor" : name,
                         topology.get_dim(name));
  }
  return words;
}

Difference compare_attribute(Accessor accessor, const MpuDump& dump, const ParallelGrid& grid) {
  const DumpedMpu mpu(dump);
  switch (accessor) {
    case Accessor::pp_group:
      return compare_ranks(grid.attribute_pp_group(), mpu.attribute_pp_group());
    case Accessor::p2p_groups:
      return difference(*grid.attribute_p2p_groups(), *mpu.attribute_p2p_groups(),
                        [](const std::vector<RankPair>& pairs) {
                          std::string words;
                          for (const RankPair& pair : pairs) {
                            if (words.size() < 60) words += fmt::format("[{}, {}] ", pair[0], pair[1]);
                          }
                          return fmt::format("{} pairs {}...", pairs.size(), words);
                        });
    case Accessor::_topo:
      return difference(axes_of(grid.topology()), axes_of(*dump.topology),
                        [](const std::string& text) { return text; });
    case Accessor::data_parallel_size:
    case Accessor::data_parallel_id:
    case Accessor::pipe_parallel_size:
    case Accessor::model_parallel_size:
      return compare_numbers(grid.attribute_number(accessor), mpu.attribute_number(accessor));
    default:
      return std::nullopt;
  }
}

/// Requires: the dump's answer is of its kind.
Difference compare(Accessor accessor, const MpuDump& dump, const ParallelGrid& grid) {
  // A third name for a size that the grid has under two others.
  if (accessor == Accessor::get_pipeline_parallel_world_size)
    return compare_numbers(grid.pipe_parallel_size(), DumpedMpu(dump).get_pipeline_parallel_world_size());
  if (!grid.has(accessor)) return std::nullopt;
  switch (accessor_info(accessor).kind) {
    case AccessorKind::number:
      return compare_numbers(read_number(grid, accessor), read_number(DumpedMpu(dump), accessor));
    case AccessorKind::group:
      return compare_groups(read_group(grid, accessor), read_group(DumpedMpu(dump), accessor));
    case AccessorKind::ranks:
      return compare_ranks(grid.get_data_parallel_group_ranks(),
                           DumpedMpu(dump).get_data_parallel_group_ranks());
    case AccessorKind::call:
      return accessor == Accessor::stage_to_global ? compare_stages(dump, grid) : std::nullopt;
    case AccessorKind::attribute:
      return compare_attribute(accessor, dump, grid);
  }
  return std::nullopt;
}

}  // namespace

AlgebraResult compare_with_grid(std::span<const MpuDump> dumps, const std::shared_ptr<const Plan>& plan) {
  AlgebraResult result;
  for (Accessor accessor : all_accessors()) {
    std::vector<RankId> ranks;
    std::string example;
    DumpedPairs same_pairs;
    for (const MpuDump& dump : dumps) {
      if (!fits_kind(accessor, dump.answer(accessor))) continue;
      // The pairs of the whole world are compared once, not once a rank.
      if (const auto* pairs = std::get_if<DumpedPairs>(&dump.answer(accessor))) {
        if (*pairs == same_pairs) continue;
        same_pairs = *pairs;
      }
      const Difference found = compare(accessor, dump, ParallelGrid(plan, dump.rank));
      if (!found) continue;
      ++result.compared;
      if (found->empty()) continue;
      if (ranks.empty()) example = fmt::format("rank {}: {}", dump.rank, *found);
      ranks.push_back(dump.rank);
    }
    if (!ranks.empty())
      result.mismatches.push_back({accessor, RankSet(std::move(ranks)), std::move(example)});
  }
  return result;
}

}  // namespace gridlock
