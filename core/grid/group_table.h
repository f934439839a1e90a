#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/grid/group.h"

namespace gridlock {

class Plan;

/// One group that exists: an index into the group table of its world.
enum class InstanceId : std::int32_t { none = -1, world = 0 };

/// What is known of a group that exists; equal on all its members.
struct GroupInstance {
  GroupKey key;
  GroupSpec spec;
  /// Creation index in the world, the same on all ranks that made it together; -1 for the world group.
  std::int64_t creation_index = -1;
};

/// The groups and grids of one run: which instance a rank means by a handle, and who is in it. Owned by the
/// world of the run and grown only by it; rank code reads it. Handle 0 and instance 0 are the group of all
/// ranks.
class GroupTable {
 public:
  explicit GroupTable(RankId world_size);

  RankId world_size() const { return world_size_; }

  /// The group made by creation number `creation_index` with these members and backend; a second rank's
  /// identical creation finds the first one's.
  GroupHandle add(std::int64_t creation_index, const GroupSpec& spec);
  /// A group of some members of `parent`, made there as its part number `index`; equal arguments find the
  /// same group.
  GroupHandle add_part(InstanceId parent, std::int64_t index, const GroupSpec& spec);
  /// A group of which the identity is known and not how it was made; equal keys find the same group.
  GroupHandle add_keyed(const GroupKey& key, const GroupSpec& spec);
  /// The grid whose request i was answered by creation number creation_of_request[i]; equal arguments find
  /// the same grid. Creations that exist already (made before by another grid or by hand) keep their
  /// instance.
  /// `name` is what reports call the grid; the first one given stays.
  GridHandle add_grid(std::shared_ptr<const Plan> plan, std::span<const std::int64_t> creation_of_request,
                      std::string_view name = {});

  /// "The group of this family that the asking rank is in": one handle for all ranks. none when the grid's
  /// recipe has no such family.
  GroupHandle family(GridHandle grid, std::string_view family) const;
  /// The same for the family at that place of the plan, which must exist.
  GroupHandle family(GridHandle grid, std::size_t place) const;
  std::shared_ptr<const Plan> plan(GridHandle grid) const;
  std::span<const GridHandle> grids() const { return grid_handles_; }

  /// none when the rank is in no such group.
  InstanceId resolve(GroupHandle group, RankId rank) const;
  /// The instance of a handle that has one; of a family, the first of its groups. none for no handle.
  InstanceId resolve_any(GroupHandle group) const;
  /// Requires: resolve did not answer none.
  const GroupInstance& instance(InstanceId id) const { return instances_[static_cast<std::size_t>(id)]; }
  std::size_t instance_count() const { return instances_.size(); }
  /// "actor.tensor" or the name given to new_group; "world".
  std::string name(GroupHandle group) const;
  /// The name that add_grid was first given for it; may be empty.
  const std::string& name(GridHandle grid) const { return grids_[static_cast<std::size_t>(grid)].name; }
  std::size_t handle_count() const { return handles_.size(); }

 private:
  struct Grid {
    std::shared_ptr<const Plan> plan;
    std::string name;
    std::vector<InstanceId> instance_of_request;
    /// Handle of the plan's first family; the others follow in the plan's order.
    GroupHandle first_family = GroupHandle::none;
  };
  /// Either a family of a grid or one instance made by new_group.
  struct Handle {
    GridHandle grid = GridHandle::none;
    std::int32_t family = -1;
    InstanceId instance = InstanceId::none;
  };

  InstanceId intern(std::int64_t creation_index, const GroupSpec& spec);
  GroupHandle handle_of(InstanceId id);

  RankId world_size_;
  std::vector<GroupInstance> instances_;
  std::vector<Handle> handles_;
  std::vector<Grid> grids_;
  std::vector<GridHandle> grid_handles_;
  /// Instances by creation index: the first one, and for each instance the next with the same index (ranks
  /// whose creations diverge make several).
  std::vector<InstanceId> first_with_creation_;
  std::vector<InstanceId> next_with_same_creation_;
  std::vector<GroupHandle> handle_of_instance_;
};

}  // namespace gridlock
