#include "harness/run/expectation_step.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/data/element_value.h"
#include "core/grid/parallel_grid.h"
#include "core/mpu/accessor_table.h"

namespace gridlock {
namespace {

struct Checker {
  RankContext& rank;
  const RankView& view;
  const RankNames& names;
  const Scenario& scenario;

  std::string operator()(const ExpectAccessor& expect) const;
  std::string operator()(const ExpectMembers& expect) const;
  std::string operator()(const ExpectGroupRank& expect) const;
  std::string operator()(const ExpectBuffer& expect) const;
  std::string operator()(const ExpectContributors& expect) const;

  std::string buffer_name(BufferName name) const {
    return scenario.buffer_names[static_cast<std::size_t>(name)];
  }
};

std::string ranks_text(const std::vector<RankId>& ranks) {
  return fmt::format("[{}]", fmt::join(ranks, ", "));
}

std::string value_text(const AccessorValue& value, const RankView& view) {
  if (std::holds_alternative<std::monostate>(value)) return "None";
  if (const auto* number = std::get_if<Number>(&value)) return fmt::format("{}", view.evaluate(*number));
  return ranks_text(view.at(std::get<PerAxis<std::vector<RankId>>>(value)));
}

// The accessor's answer in the words of value_text, so that expected and got compare as the texts a user
// reads.
std::string answer_text(const ParallelGrid& grid, const ExpectAccessor& expect, const RankView& view) {
  if (expect.accessor == Accessor::stage_to_global) {
    return fmt::format("{}", grid.stage_to_global(static_cast<RankId>(view.evaluate(expect.stage)), {}));
  }
  if (expect.accessor == Accessor::get_data_parallel_group_ranks)
    return ranks_text(grid.get_data_parallel_group_ranks());
  if (expect.accessor == Accessor::pp_group) return ranks_text(grid.attribute_pp_group());
  const AccessorKind kind = accessor_info(expect.accessor).kind;
  if (kind == AccessorKind::number) return fmt::format("{}", read_number(grid, expect.accessor));
  if (kind == AccessorKind::attribute) return fmt::format("{}", grid.attribute_number(expect.accessor));
  const MaybeGroup group = read_group(grid, expect.accessor);
  return group ? ranks_text(group->members.to_vector()) : "None";
}

std::string Checker::operator()(const ExpectAccessor& expect) const {
  const ScenarioGrid& grid = scenario.grids[static_cast<std::size_t>(expect.grid)];
  const ParallelGrid seen(grid.plan, rank.id());
  const std::string_view name = accessor_name(expect.accessor);
  if (!seen.has(expect.accessor)) return fmt::format("{}.{} does not exist on this grid", grid.name, name);
  const std::string expected = value_text(expect.value, view);
  const std::string got = answer_text(seen, expect, view);
  return got == expected ? "" : fmt::format("{}.{} is {}, expected {}", grid.name, name, got, expected);
}

std::string Checker::operator()(const ExpectMembers& expect) const {
  const Members* members = names.members(expect.group, rank);
  const std::string group = group_text(scenario, expect.group);
  const Members& expected = view.at(expect.members);
  if (members == nullptr) {
    return expected.empty() ? ""
                            : fmt::format("rank {} is in no group {}, expected {}", rank.id(), group,
                                          expected.to_string());
  }
  if (*members == expected) return "";
  return fmt::format("members of {} are {}, expected {}", group, members->to_string(),
                     expected.empty() ? "none" : expected.to_string());
}

std::string Checker::operator()(const ExpectGroupRank& expect) const {
  const Members* members = names.members(expect.group, rank);
  const std::int64_t got = members == nullptr ? -1 : members->index_of(rank.id());
  const std::int64_t expected = view.evaluate(expect.value);
  if (got == expected) return "";
  return fmt::format("group rank in {} is {}, expected {}", group_text(scenario, expect.group), got,
                     expected);
}

std::string Checker::operator()(const ExpectBuffer& expect) const {
  if (!rank.has_data()) return "";
  const BufferHandle buffer = names.buffer(expect.buffer);
  if (buffer == BufferHandle::none)
    return fmt::format("buffer {} was never filled or received", buffer_name(expect.buffer));
  const auto count = static_cast<std::size_t>(rank.buffer_count(buffer));
  if (!expect.is_uniform && expect.values.size() != count) {
    return fmt::format("buffer {} has {} elements, expected {}", buffer_name(expect.buffer), count,
                       expect.values.size());
  }
  const DType dtype = rank.buffer_dtype(buffer);
  std::vector<std::byte> bytes(count * dtype_size(dtype));
  rank.download(buffer, bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const double expected = view.evaluate(expect.values[expect.is_uniform ? 0 : i]);
    const std::byte* element = bytes.data() + i * dtype_size(dtype);
    const double got = element_to_double(dtype, element);
    if (got != expected) {
      return fmt::format("{}[{}] is {}, expected {}", buffer_name(expect.buffer), i,
                         element_to_string(dtype, element), expected);
    }
  }
  return "";
}

std::string Checker::operator()(const ExpectContributors& expect) const {
  const BufferHandle buffer = names.buffer(expect.buffer);
  if (buffer == BufferHandle::none)
    return fmt::format("buffer {} was never filled or received", buffer_name(expect.buffer));
  const std::optional<std::vector<RankId>> got = rank.contributors(buffer);
  if (!got) return "";
  std::vector<RankId> expected;
  if (const auto* ranks = std::get_if<PerAxis<Members>>(&expect.ranks)) {
    expected = view.at(*ranks).to_vector();
  } else if (const Members* members = names.members(std::get<GroupRef>(expect.ranks), rank)) {
    expected = members->to_vector();
  }
  if (*got == expected) return "";
  return fmt::format("{} holds data of ranks {}, expected {}", buffer_name(expect.buffer), ranks_text(*got),
                     ranks_text(expected));
}

}  // namespace

std::string check_expectation(const ExpectAction& expect, RankContext& rank, const RankView& view,
                              const RankNames& names, const Scenario& scenario) {
  return std::visit(Checker{rank, view, names, scenario}, expect);
}

}  // namespace gridlock
