#include "harness/run/rank_names.h"

namespace gridlock {

static_assert(static_cast<int>(GridHandle::none) == -1 && static_cast<int>(GroupHandle::none) == -1 &&
              static_cast<int>(BufferHandle::none) == -1 && static_cast<int>(Ticket::none) == -1);

RankNames::RankNames(const Scenario& scenario)
    : first_group_(static_cast<std::int32_t>(scenario.grids.size())),
      first_buffer_(first_group_ + static_cast<std::int32_t>(scenario.group_names.size())),
      first_ticket_(first_buffer_ + static_cast<std::int32_t>(scenario.buffer_names.size())) {
  handles_.assign(static_cast<std::size_t>(first_ticket_) + scenario.ticket_names.size(), -1);
}

BufferHandle RankNames::buffer(BufferName name) const {
  return name == BufferName::none ? BufferHandle::none : get<BufferHandle>(first_buffer_, name);
}

GroupHandle RankNames::group(const GroupRef& ref, const GroupTable& groups) const {
  switch (ref.kind) {
    case GroupRef::Kind::world:
      return GroupHandle::world;
    case GroupRef::Kind::named:
      return get<GroupHandle>(first_group_, ref.name);
    case GroupRef::Kind::family:
      break;
  }
  const GridHandle made = grid(ref.grid);
  return made == GridHandle::none ? GroupHandle::none : groups.family(made, ref.family_place);
}

const Members* RankNames::members(const GroupRef& ref, const RankContext& rank) const {
  const GroupHandle handle = group(ref, rank.groups());
  if (handle == GroupHandle::none || handle != recent_group_) {
    recent_group_ = handle;
    recent_instance_ = rank.groups().resolve(handle, rank.id());
  }
  const bool is_member = recent_instance_ != InstanceId::none;
  return is_member ? &rank.groups().instance(recent_instance_).spec.members : nullptr;
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
