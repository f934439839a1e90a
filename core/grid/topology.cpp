#include "core/grid/topology.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {
namespace {

const std::string kPlace = "topology";

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += fmt::format("{}'{}'", text.empty() ? "" : ", ", name);
  return text;
}

void check_axis_names(const std::vector<std::string>& axes) {
  if (axes.empty()) throw InputError(kPlace, "at least one axis is needed, got none");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].empty()) throw InputError(kPlace, fmt::format("axis {} has an empty name", i));
    if (std::find(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), axes[i]) !=
        axes.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw InputError(kPlace, fmt::format("axis '{}' is named twice", axes[i]));
    }
  }
}

std::vector<RankId> checked_sizes(const std::vector<std::string>& axes,
                                  const std::vector<std::int64_t>& sizes) {
  if (axes.size() != sizes.size()) {
    throw InputError(kPlace,
                     fmt::format("every axis needs one size: {} axes, {} sizes", axes.size(), sizes.size()));
  }
  std::int64_t product = 1;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1) {
      throw InputError(kPlace,
                       fmt::format("the size of axis '{}' must be 1 or more, got {}", axes[i], sizes[i]));
    }
    const std::int64_t limit = std::numeric_limits<RankId>::max();
    if (sizes[i] > limit / product) {
      throw InputError(kPlace, fmt::format("sizes [{}] multiply to more ranks than an int32 can count ({})",
                                           fmt::join(sizes, ", "), limit));
    }
    product *= sizes[i];
  }
  return {sizes.begin(), sizes.end()};
}

}  // namespace

Members GroupList::operator[](RankId i) const {
  GRIDLOCK_CHECK(i >= 0 && i < size_);
  RankId start = 0;
  for (auto level = numbering_.rbegin(); level != numbering_.rend(); ++level) {
    start += i % level->count * level->stride;
    i /= level->count;
  }
  return first_.affine(start, 1);
}

RankId GroupList::index_of(RankId rank) const {
  if (size_ == 0) return kNoRank;
  RankId index = 0;
  for (const Members::Level& level : numbering_)
    index = index * level.count + rank / level.stride % level.count;
  return index;
}

std::vector<std::vector<RankId>> GroupList::to_vectors() const {
  std::vector<std::vector<RankId>> groups;
  for (const Members& group : *this) groups.push_back(group.to_vector());
  return groups;
}

ProcessTopology::ProcessTopology(std::vector<std::string> axes, const std::vector<std::int64_t>& sizes,
                                 TopologyOptions options)
    : axes_(std::move(axes)), options_(options) {
  check_axis_names(axes_);
  sizes_ = checked_sizes(axes_, sizes);
  strides_.resize(sizes_.size());
  for (std::size_t i = sizes_.size(); i-- > 0;) {
    strides_[i] = world_size_;
    world_size_ *= sizes_[i];
  }
}

int ProcessTopology::position_of(std::string_view axis) const {
  const auto found = std::find(axes_.begin(), axes_.end(), axis);
  return found == axes_.end() ? -1 : static_cast<int>(found - axes_.begin());
}

std::size_t ProcessTopology::known_position(std::string_view axis) const {
  const int position = position_of(axis);
  if (position < 0) {
    throw InputError(kPlace, fmt::format("there is no axis '{}'", axis), name_hint(axis, axes_));
  }
  return static_cast<std::size_t>(position);
}

void ProcessTopology::check_rank(RankId rank) const {
  if (rank >= 0 && rank < world_size_) return;
  throw InputError(
      kPlace, fmt::format("rank {} is not in the topology, whose ranks are 0 to {}", rank, world_size_ - 1));
}

RankId ProcessTopology::get_dim(std::string_view axis) const {
  const int position = position_of(axis);
  return position < 0 ? 0 : sizes_[static_cast<std::size_t>(position)];
}

RankId ProcessTopology::get_rank(std::span<const AxisIndex> coordinate) const {
  std::vector<bool> given(axes_.size(), false);
  RankId rank = 0;
  for (const AxisIndex& part : coordinate) {
    const std::size_t position = known_position(part.axis);
    if (given[position]) throw InputError(kPlace, fmt::format("axis '{}' is given twice", part.axis));
    given[position] = true;
    if (part.index < 0 || part.index >= sizes_[position]) {
      throw InputError(kPlace, fmt::format("index {} is not on axis '{}', whose indexes are 0 to {}",
                                           part.index, part.axis, sizes_[position] - 1));
    }
    rank += part.index * strides_[position];
  }
  const auto missing = std::find(given.begin(), given.end(), false);
  if (missing != given.end()) {
    throw InputError(kPlace,
                     fmt::format("a rank needs an index on every axis, '{}' is missing",
                                 axes_[static_cast<std::size_t>(missing - given.begin())]),
                     "use filter_match for all ranks with some indexes");
  }
  return rank;
}

std::vector<RankId> ProcessTopology::get_coord(RankId rank) const {
  check_rank(rank);
  std::vector<RankId> coordinate(axes_.size());
  for (std::size_t i = 0; i < axes_.size(); ++i) coordinate[i] = rank / strides_[i] % sizes_[i];
  return coordinate;
}

RankId ProcessTopology::index_on(std::string_view axis, RankId rank) const {
  check_rank(rank);
  const std::size_t position = known_position(axis);
  return rank / strides_[position] % sizes_[position];
}

RankId ProcessTopology::moved(RankId rank, std::string_view axis, RankId index) const {
  check_rank(rank);
  const std::size_t position = known_position(axis);
  if (index < 0 || index >= sizes_[position]) {
    throw InputError(kPlace, fmt::format("index {} is not on axis '{}', whose indexes are 0 to {}", index,
                                         axis, sizes_[position] - 1));
  }
  return rank + (index - rank / strides_[position] % sizes_[position]) * strides_[position];
}

std::string ProcessTopology::get_rank_repr(RankId rank, const RankReprStyle& style) const {
  const std::vector<RankId> coordinate = get_coord(rank);
  const int digits =
      style.digits > 0 ? style.digits : static_cast<int>(fmt::formatted_size("{}", world_size_));
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    if (std::find(style.omit_axes.begin(), style.omit_axes.end(), axes_[i]) != style.omit_axes.end())
      continue;
    parts.push_back(fmt::format("{}{}{:0{}}", axes_[i], style.inner_sep, coordinate[i], digits));
  }
  return fmt::format("{}", fmt::join(parts, style.outer_sep));
}

GroupList ProcessTopology::get_axis_comm_lists(std::string_view axis) const {
  if (!has_axis(axis)) return {};
  const std::string inside(axis);
  return comm_lists(std::span(&inside, 1));
}

GroupList ProcessTopology::comm_lists(std::span<const std::string> inside,
                                      std::span<const std::string> numbering) const {
  std::vector<bool> is_inside(axes_.size(), false);
  for (const std::string& axis : inside) is_inside[known_position(axis)] = true;
  GroupList list;
  list.size_ = 1;
  std::vector<Members::Level> inner;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    (is_inside[i] ? inner : list.numbering_).push_back({strides_[i], sizes_[i]});
    if (!is_inside[i]) list.size_ *= sizes_[i];
  }
  list.first_ = Members::box(0, inner);
  if (numbering.empty()) return list;

  std::vector<Members::Level> ordered;
  for (const std::string& axis : numbering) {
    const std::size_t position = known_position(axis);
    if (is_inside[position]) {
      throw InputError(kPlace,
                       fmt::format("axis '{}' cannot number groups: it is inside them or named twice", axis));
    }
    is_inside[position] = true;
    ordered.push_back({strides_[position], sizes_[position]});
  }
  if (ordered.size() != list.numbering_.size()) {
    throw InputError(kPlace, fmt::format("the numbering order [{}] must name all {} axes outside the groups",
                                         fmt::join(numbering, ", "), list.numbering_.size()));
  }
  list.numbering_ = std::move(ordered);
  return list;
}

Members ProcessTopology::filter_match(std::span<const AxisIndex> filter) const {
  std::vector<RankId> fixed(axes_.size(), kNoRank);
  bool is_possible = true;
  for (const AxisIndex& part : filter) {
    const std::size_t position = known_position(part.axis);
    is_possible = is_possible && part.index >= 0 && part.index < sizes_[position] &&
                  (fixed[position] == kNoRank || fixed[position] == part.index);
    fixed[position] = part.index;
  }
  if (!is_possible) return {};
  RankId start = 0;
  std::vector<Members::Level> levels;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    if (fixed[i] == kNoRank) {
      levels.push_back({strides_[i], sizes_[i]});
    } else {
      start += fixed[i] * strides_[i];
    }
  }
  return Members::box(start, levels);
}

Members ProcessTopology::get_axis_list(std::string_view axis, RankId index) const {
  const AxisIndex part{std::string(axis), index};
  return filter_match(std::span(&part, 1));
}

std::string ProcessTopology::to_string() const {
  return fmt::format("ProcessTopology(axes=[{}], dims=[{}])", quoted_list(axes_), fmt::join(sizes_, ", "));
}

bool ProcessTopology::operator==(const ProcessTopology& other) const {
  return axes_ == other.axes_ && sizes_ == other.sizes_;
}

std::uint64_t ProcessTopology::hash() const {
  const std::string text = to_string();
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace gridlock
