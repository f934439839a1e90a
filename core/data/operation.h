#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/check.h"
#include "core/base/units.h"

namespace gridlock {

/// What a call that moves or orders data does. The `_v` operations take one count per rank.
enum class CallKind : std::uint8_t {
  all_reduce,
  reduce,
  broadcast,
  all_gather,
  reduce_scatter,
  all_to_all,
  gather,
  scatter,
  send,
  recv,
  barrier,
  all_gather_v,
  all_to_all_v,
};

/// What a call's `count` counts.
///   nothing   the operation moves no data
///   whole     all elements of the buffers
///   chunk     the elements of one rank's share; a buffer that holds every rank's share has size * count
///   per_rank  one count per rank: all_gather_v lists what each rank contributes (the same list on all
///   ranks),
///             all_to_all_v lists what this rank sends to each
enum class CountMeaning : std::uint8_t { nothing, whole, chunk, per_rank };

/// Elements of one buffer.
///   nothing     the call does not touch such a buffer
///   one         `count` (its own count where counts are per rank)
///   all         `count` for every rank of the group
///   root_one, root_all   the same on the root, nothing elsewhere
enum class Extent : std::uint8_t { nothing, one, all, root_one, root_all };

/// Where input and output may overlap (rule S17). A share inside a buffer is the one at the rank's own place.
///   never         no in-place form
///   same          input == output
///   input_share   input == output + rank * count
///   output_share  output == input + rank * count
enum class InPlace : std::uint8_t { never, same, input_share, output_share };

/// What NCCL runs for the operation: its own kernel, or calls of other kinds in one group (rule S21; barrier
/// and the uneven operations are built that way by frameworks, rule P14).
enum class MadeOf : std::uint8_t { kernel, all_reduce, broadcast, send_recv };

/// One row of the table of operations: what every world, checker and document knows about a kind of call.
///   is_p2p            matched per ordered pair of ranks instead of per group sequence
///   reduces           has a reduce operation
///   has_root          one rank of the group is named in the call
///   nccl_version_min  as ncclGetVersion reports it (22803 is 2.28.3)
struct OperationInfo {
  CallKind kind;
  std::string_view name;
  bool is_p2p;
  bool reduces;
  bool has_root;
  CountMeaning count;
  Extent input;
  Extent output;
  InPlace in_place;
  MadeOf made_of;
  int nccl_version_min;
};

inline constexpr std::size_t kOperationCount = 13;
/// Index = kind.
extern const std::array<OperationInfo, kOperationCount> kOperations;

/// All operations in declaration order.
std::span<const OperationInfo> all_operations();
/// Asked several times for every call, hence inline.
inline const OperationInfo& operation(CallKind kind) {
  GRIDLOCK_CHECK(static_cast<std::size_t>(kind) < kOperationCount);
  return kOperations[static_cast<std::size_t>(kind)];
}
std::string_view call_kind_name(CallKind kind);
/// The operation with exactly that name, or nothing.
std::optional<CallKind> call_kind_from_name(std::string_view name);

/// Elements of a buffer with that extent.
inline std::int64_t extent_count(Extent extent, std::int64_t count, GroupRank size, bool is_root) {
  switch (extent) {
    case Extent::nothing:
      return 0;
    case Extent::one:
      return count;
    case Extent::all:
      return count * size;
    case Extent::root_one:
      return is_root ? count : 0;
    case Extent::root_all:
      return is_root ? count * size : 0;
  }
  GRIDLOCK_CHECK(!"every extent is handled above");
}

/// Elements that the call reads and writes on `rank` of a group of `size`. `root` is ignored where the
/// operation has none; for the uneven operations every rank's count is taken to be `count`. Requires: count
/// >= 0, 0 <= rank < size.
inline std::int64_t input_count(CallKind kind, std::int64_t count, GroupRank size, GroupRank rank,
                                GroupRank root) {
  return extent_count(operation(kind).input, count, size, rank == root);
}
inline std::int64_t output_count(CallKind kind, std::int64_t count, GroupRank size, GroupRank rank,
                                 GroupRank root) {
  return extent_count(operation(kind).output, count, size, rank == root);
}

}  // namespace gridlock
