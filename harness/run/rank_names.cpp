#include "harness/run/rank_names.h"

namespace gridlock {

RankNames::RankNames(const Scenario& scenario)
    : grids_(scenario.grids.size(), GridHandle::none),
      groups_(scenario.group_names.size(), GroupHandle::none),
      buffers_(scenario.buffer_names.size(), BufferHandle::none),
      tickets_(scenario.ticket_names.size(), Ticket::none) {}

BufferHandle RankNames::buffer(BufferName name) const {
  return name == BufferName::none ? BufferHandle::none : buffers_[static_cast<std::size_t>(name)];
}

GroupHandle RankNames::group(const GroupRef& ref, const GroupTable& groups) const {
  switch (ref.kind) {
    case GroupRef::Kind::world:
      return GroupHandle::world;
    case GroupRef::Kind::named:
      return groups_[static_cast<std::size_t>(ref.name)];
    case GroupRef::Kind::family:
      break;
  }
  const GridHandle made = grid(ref.grid);
  return made == GridHandle::none ? GroupHandle::none : groups.family(made, ref.family_place);
}

const Members* RankNames::members(const GroupRef& ref, const RankContext& rank) const {
  const GroupHandle handle = group(ref, rank.groups());
  const InstanceId instance = rank.groups().resolve(handle, rank.id());
  return instance == InstanceId::none ? nullptr : &rank.groups().instance(instance).spec.members;
}

std::string group_text(const Scenario& scenario, const GroupRef& ref) {
  switch (ref.kind) {
    case GroupRef::Kind::world:
      return "world";
    case GroupRef::Kind::named:
      return scenario.group_names[static_cast<std::size_t>(ref.name)];
    case GroupRef::Kind::family:
      break;
  }
  return scenario.grids[static_cast<std::size_t>(ref.grid)].name + "." + ref.family;
}

}  // namespace gridlock
