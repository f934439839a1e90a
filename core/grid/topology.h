#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/axis.h"
#include "core/base/units.h"
#include "core/grid/members.h"

namespace gridlock {

/// The groups that share all coordinates but those on some axes, e.g. all tensor groups of a model: a view
/// that computes group i and the group of a rank by arithmetic and stores nothing per group. A value; may
/// outlive its topology. Ranks are the topology's own (0..world_size-1). Groups are numbered row-major over
/// the other axes, last axis fastest.
class GroupList {
 public:
  /// No groups: what an axis that does not exist gives.
  GroupList() = default;

  RankId size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Members of one group; every group of a list has as many.
  RankId group_size() const { return first_.size(); }
  /// Requires: 0 <= i < size(). O(axes).
  Members operator[](RankId i) const;
  /// Number of the group that holds `rank`, or kNoRank for an empty list. Requires: a rank of the topology.
  /// O(axes).
  RankId index_of(RankId rank) const;
  /// Every group as a stored list; for tests and printing.
  std::vector<std::vector<RankId>> to_vectors() const;

  class Iterator {
   public:
    Iterator(const GroupList* list, RankId i) : list_(list), i_(i) {}
    Members operator*() const { return (*list_)[i_]; }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const GroupList* list_;
    RankId i_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

 private:
  friend class ProcessTopology;
  RankId size_ = 0;
  Members first_;
  /// The axes that number the groups, slowest first.
  std::vector<Members::Level> numbering_;
};

/// Switches that the reference keeps on its topology. They travel with it and do not change any rank or
/// group.
struct TopologyOptions {
  bool sequence_parallel = false;
  bool gradient_checkpointing = false;
  bool gradient_accumulation_fusion = false;
  /// Longest prompt in tokens, for generation; 0 when not given.
  std::int32_t max_prompt_len = 0;

  bool operator==(const TopologyOptions&) const = default;
};

/// How get_rank_repr writes a coordinate.
struct RankReprStyle {
  std::vector<std::string> omit_axes = {"data", "pipe"};
  std::string inner_sep = "_";
  std::string outer_sep = "-";
  /// Digits an index is padded to. 0 means as many as the world size has, as AReaL does; DeepSpeed pads to 2.
  int digits = 0;
};

/// Named axes with sizes; ranks are numbered row-major, the last axis fastest. A value of O(axes) memory
/// whatever the world size; every query is O(axes) arithmetic. Any names, any number of axes. Method names
/// are DeepSpeed's and AReaL's (deepspeed/runtime/pipe/topology.py, realhf/base/topology.py). Bad arguments
/// throw InputError.
class ProcessTopology {
 public:
  /// Throws InputError (place "topology") for no axes, axes and sizes of different length, an empty or
  /// repeated name, a size below 1, and a product that no int32 rank can count.
  ProcessTopology(std::vector<std::string> axes, const std::vector<std::int64_t>& sizes,
                  TopologyOptions options = {});

  RankId world_size() const { return world_size_; }
  const std::vector<std::string>& get_axis_names() const { return axes_; }
  const std::vector<RankId>& sizes() const { return sizes_; }
  const TopologyOptions& options() const { return options_; }
  bool has_axis(std::string_view axis) const { return position_of(axis) >= 0; }
  /// Size of an axis; 0 for one that does not exist.
  RankId get_dim(std::string_view axis) const;

  /// Rank at a coordinate. Requires all axes, each once and in range.
  RankId get_rank(std::span<const AxisIndex> coordinate) const;
  /// Indexes in axis order.
  std::vector<RankId> get_coord(RankId rank) const;
  /// Index of `rank` on one axis. Throws for an axis that does not exist or a rank outside.
  RankId index_on(std::string_view axis, RankId rank) const;
  /// The same by the axis' place in get_axis_names. Requires: both exist.
  RankId index_at(std::size_t axis, RankId rank) const { return rank / strides_[axis] % sizes_[axis]; }
  /// The rank with index `index` on `axis` and otherwise the coordinate of `rank`.
  RankId moved(RankId rank, std::string_view axis, RankId index) const;

  /// "pipe_0-tensor_1".
  std::string get_rank_repr(RankId rank, const RankReprStyle& style = {}) const;
  /// Groups of ranks that differ on `axis` only; empty for an axis that does not exist.
  GroupList get_axis_comm_lists(std::string_view axis) const;
  /// Groups of ranks that differ on any of `inside` only. The groups are numbered over the other axes in
  /// topology order, or in `numbering` order when given (exactly the other axes, slowest first).
  GroupList comm_lists(std::span<const std::string> inside,
                       std::span<const std::string> numbering = {}) const;
  /// Ranks whose coordinate has all the given indexes; all ranks for an empty filter, none for an index out
  /// of range.
  Members filter_match(std::span<const AxisIndex> filter) const;
  /// Ranks with one index on one axis; none for an index out of range.
  Members get_axis_list(std::string_view axis, RankId index) const;

  /// "ProcessTopology(axes=['pipe', 'data'], dims=[2, 2])", Python's repr of it.
  std::string to_string() const;
  /// Same axes in the same order with the same sizes; options do not count.
  bool operator==(const ProcessTopology& other) const;
  /// Hash of axes and sizes, equal on every machine.
  std::uint64_t hash() const;

 private:
  int position_of(std::string_view axis) const;
  std::size_t known_position(std::string_view axis) const;
  void check_rank(RankId rank) const;

  std::vector<std::string> axes_;
  std::vector<RankId> sizes_;
  std::vector<RankId> strides_;
  RankId world_size_ = 1;
  TopologyOptions options_;
};

}  // namespace gridlock
