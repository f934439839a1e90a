#include "core/grid/group_table.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

std::size_t index(InstanceId id) { return static_cast<std::size_t>(id); }
std::size_t index(GroupHandle handle) { return static_cast<std::size_t>(handle); }
std::size_t index(GridHandle handle) { return static_cast<std::size_t>(handle); }

}  // namespace

GroupTable::GroupTable(RankId world_size) : world_size_(world_size) {
  GRIDLOCK_CHECK(world_size > 0);
  GroupInstance world;
  world.key = world_group_key(world_size);
  world.spec.members = Members::range(0, world_size);
  world.spec.name = "world";
  instances_.push_back(std::move(world));
  next_with_same_creation_.push_back(InstanceId::none);
  handles_.push_back({GridHandle::none, -1, InstanceId::world});
  handle_of_instance_.push_back(GroupHandle::world);
}

InstanceId GroupTable::intern(std::int64_t creation_index, const GroupSpec& spec) {
  const auto creation = static_cast<std::size_t>(creation_index);
  if (creation >= first_with_creation_.size()) first_with_creation_.resize(creation + 1, InstanceId::none);
  for (InstanceId id = first_with_creation_[creation]; id != InstanceId::none;
       id = next_with_same_creation_[index(id)]) {
    const GroupSpec& known = instances_[index(id)].spec;
    if (known.backend == spec.backend && known.members == spec.members) return id;
  }
  const auto id = static_cast<InstanceId>(instances_.size());
  instances_.push_back({group_key(instances_.front().key, creation_index, spec), spec, creation_index});
  next_with_same_creation_.push_back(first_with_creation_[creation]);
  handle_of_instance_.push_back(GroupHandle::none);
  first_with_creation_[creation] = id;
  return id;
}

GroupHandle GroupTable::add_part(InstanceId parent, std::int64_t part, const GroupSpec& spec) {
  // Numbers below 0, so that a part of the world is no creation of it.
  return add_keyed(group_key(instance(parent).key, -1 - part, spec), spec);
}

GroupHandle GroupTable::add_keyed(const GroupKey& key, const GroupSpec& spec) {
  const auto known = std::find_if(instances_.begin(), instances_.end(),
                                  [&](const GroupInstance& instance) { return instance.key == key; });
  const auto id = static_cast<InstanceId>(known - instances_.begin());
  if (index(id) == instances_.size()) {
    instances_.push_back({key, spec, -1});
    next_with_same_creation_.push_back(InstanceId::none);
    handle_of_instance_.push_back(GroupHandle::none);
  }
  return handle_of(id);
}

GroupHandle GroupTable::handle_of(InstanceId id) {
  GroupHandle& handle = handle_of_instance_[index(id)];
  if (handle == GroupHandle::none) {
    handle = static_cast<GroupHandle>(handles_.size());
    handles_.push_back({GridHandle::none, -1, id});
  }
  return handle;
}

GroupHandle GroupTable::add(std::int64_t creation_index, const GroupSpec& spec) {
  return handle_of(intern(creation_index, spec));
}

GridHandle GroupTable::add_grid(std::shared_ptr<const Plan> plan,
                                std::span<const std::int64_t> creation_of_request, std::string_view name) {
  GRIDLOCK_CHECK(static_cast<std::int64_t>(creation_of_request.size()) == plan->request_count());
  Grid grid;
  grid.name = name;
  grid.instance_of_request.reserve(creation_of_request.size());
  for (std::size_t i = 0; i < creation_of_request.size(); ++i) {
    grid.instance_of_request.push_back(
        intern(creation_of_request[i], plan->request(static_cast<std::int64_t>(i))));
  }
  for (const GridHandle known : grid_handles_) {
    const Grid& other = grids_[index(known)];
    if (other.plan->fingerprint() == plan->fingerprint() &&
        other.instance_of_request == grid.instance_of_request) {
      return known;
    }
  }
  const auto handle = static_cast<GridHandle>(grids_.size());
  grid.plan = std::move(plan);
  grid.first_family = static_cast<GroupHandle>(handles_.size());
  for (std::size_t i = 0; i < grid.plan->families().size(); ++i) {
    handles_.push_back({handle, static_cast<std::int32_t>(i), InstanceId::none});
  }
  grids_.push_back(std::move(grid));
  grid_handles_.push_back(handle);
  return handle;
}

GroupHandle GroupTable::family(GridHandle grid, std::string_view family) const {
  const Grid& known = grids_[index(grid)];
  const std::optional<std::size_t> place = known.plan->find_family(family);
  if (!place) return GroupHandle::none;
  return static_cast<GroupHandle>(index(known.first_family) + *place);
}

GroupHandle GroupTable::family(GridHandle grid, std::size_t place) const {
  return static_cast<GroupHandle>(index(grids_[index(grid)].first_family) + place);
}

std::shared_ptr<const Plan> GroupTable::plan(GridHandle grid) const { return grids_[index(grid)].plan; }

InstanceId GroupTable::resolve(GroupHandle group, RankId rank) const {
  if (index(group) >= handles_.size()) return InstanceId::none;
  const Handle& handle = handles_[index(group)];
  if (handle.grid == GridHandle::none) {
    return instances_[index(handle.instance)].spec.members.contains(rank) ? handle.instance
                                                                          : InstanceId::none;
  }
  const Grid& grid = grids_[index(handle.grid)];
  const RankId model_rank = grid.plan->mapping().to_model(rank);
  if (model_rank == kNoRank) return InstanceId::none;
  const auto request = grid.plan->family_group(static_cast<std::size_t>(handle.family), model_rank);
  return request ? grid.instance_of_request[static_cast<std::size_t>(*request)] : InstanceId::none;
}

InstanceId GroupTable::resolve_any(GroupHandle group) const {
  if (index(group) >= handles_.size()) return InstanceId::none;
  if (handles_[index(group)].grid == GridHandle::none) return handles_[index(group)].instance;
  InstanceId found = InstanceId::none;
  for (RankId rank = 0; rank < world_size_ && found == InstanceId::none; ++rank) found = resolve(group, rank);
  return found;
}

std::string GroupTable::name(GroupHandle group) const {
  GRIDLOCK_CHECK(group != GroupHandle::none && index(group) < handles_.size());
  const Handle& handle = handles_[index(group)];
  if (handle.grid == GridHandle::none) {
    const GroupInstance& made = instances_[index(handle.instance)];
    return made.spec.name.empty() ? made.spec.members.to_string() : made.spec.name;
  }
  const Grid& grid = grids_[index(handle.grid)];
  const std::string& family = grid.plan->families()[static_cast<std::size_t>(handle.family)].name;
  return grid.name.empty() ? family : grid.name + "." + family;
}

}  // namespace gridlock
