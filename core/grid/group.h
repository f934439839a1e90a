#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/units.h"
#include "core/grid/members.h"

namespace gridlock {

/// Which library moves the data of a group. A grid makes a gloo twin of many of its nccl groups.
enum class BackendKind : std::uint8_t { nccl, gloo };

std::string_view backend_name(BackendKind backend);
std::optional<BackendKind> backend_from_name(std::string_view name);

/// Timeout that the reference gives to every group of a grid (AReaL v0.5.1: 7,200 s). Virtual time in the
/// simulator.
inline constexpr Nanos kGroupTimeoutDefault = std::chrono::seconds(7200);

/// A request for one group, as a rank passes it.
struct GroupSpec {
  Members members;
  BackendKind backend = BackendKind::nccl;
  Nanos timeout = kGroupTimeoutDefault;
  /// What the group is for: the family of a grid's group, or a name of the user's. Shown in reports; no part
  /// of the identity, as torch's default names are counters.
  std::string name;
  /// Only the members come to its making (torch: use_local_synchronization), in no order with other groups.
  bool members_only = false;
  /// The list of ranks as the program wrote it, where the library sorted it (P03); empty where it is that of
  /// the members.
  Members passed = {};

  bool operator==(const GroupSpec&) const = default;
};

/// Identity of one group *instance*, equal on all ranks that created it together and on every world. A hash
/// of (parent key, creation index in that parent on this rank, members, backend): never a process counter, so
/// two groups of equal members differ, and ranks whose creations diverge hold different keys.
struct GroupKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const GroupKey&) const = default;
};

/// Key of the group of all ranks, the root of all keys.
GroupKey world_group_key(RankId world_size);
GroupKey group_key(const GroupKey& parent, std::int64_t creation_index, const GroupSpec& spec);
/// 32 hexadecimal digits.
std::string to_string(const GroupKey& key);

/// Names a group in a rank's calls. A handle is an index into the group table of the rank's world and is
/// rank-relative: "the tensor group of grid 0 that I am in" is one handle on every rank, so that ranks which
/// behave alike have equal call histories. Handles are never reused.
enum class GroupHandle : std::int32_t { none = -1, world = 0 };

/// A grid laid on a world; equal on all ranks that created it together.
enum class GridHandle : std::int32_t { none = -1 };

}  // namespace gridlock
