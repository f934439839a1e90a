#pragma once

#include <cstdint>
#include <vector>

#include "core/grid/group.h"
#include "core/grid/plan.h"

namespace gridlock {

/// What one rank's process has created so far: AReaL's new_or_get_group registry (key: sorted members and
/// backend) and the rank's creation counter. A value: ranks that behaved alike have equal registries, so a
/// world keeps one for all of them and `resolve` answers for the whole class at once.
class GroupRegistry {
 public:
  /// A creation is named by its place in the order of all creations of this rank, hits not counted. Places
  /// are never reused, not even after destroy_all_comm_groups.
  struct Answer {
    std::int64_t creation = 0;
    /// False when the registry already had that group: no group was made.
    bool created = false;

    bool operator==(const Answer&) const = default;
  };

  /// The earlier creation with these members and backend, or a new one.
  Answer new_or_get_group(const Members& members, BackendKind backend);
  /// A creation that does not go through the registry: always new, and never found later.
  std::int64_t new_group();
  /// All requests of a plan in order, through the registry when the plan's recipe says so: element i is the
  /// creation that request i was answered with. Creations are numbered in order, so request i made one
  /// exactly when its number is the creation_count() of before or larger, and larger than all before it.
  /// O(requests).
  std::vector<std::int64_t> resolve(const Plan& plan);

  /// Number of groups that new_or_get_group would find.
  std::size_t size() const { return groups_.size(); }
  std::int64_t creation_count() const { return creation_count_; }
  /// Forgets every registered group and returns how many there were; the next request creates anew.
  std::size_t destroy_all_comm_groups();

  /// Depends on all requests so far: ranks whose digests differ no longer agree which requests create a
  /// group.
  std::uint64_t digest() const { return digest_; }

 private:
  struct Registered {
    std::uint64_t key;
    Members members;
    BackendKind backend;
    std::int64_t creation;
  };

  /// The slot of this group, or the empty one in which it belongs.
  std::size_t find_slot(std::uint64_t key, const Members& members, BackendKind backend) const;
  void grow();

  std::vector<Registered> groups_;
  /// A hash table of places in groups_, 0 is empty: open addressing, at most half full.
  std::vector<std::uint32_t> slots_;
  std::int64_t creation_count_ = 0;
  std::uint64_t digest_ = 0;
};

}  // namespace gridlock
