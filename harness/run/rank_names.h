#pragma once

#include <string>
#include <vector>

#include "core/grid/group_table.h"
#include "core/rank/rank.h"
#include "harness/model/scenario.h"

namespace gridlock {

/// What the names of a scenario stand for on one rank so far: grids it has created, groups it has made,
/// buffers it has filled, tickets it holds.
class RankNames {
 public:
  explicit RankNames(const Scenario& scenario);

  /// none until the rank has created it.
  GridHandle grid(std::int32_t grid) const { return get<GridHandle>(0, grid); }
  void set_grid(std::int32_t grid, GridHandle handle) { set(0, grid, handle); }
  void set_group(GroupName name, GroupHandle handle) { set(first_group_, name, handle); }
  BufferHandle buffer(BufferName name) const;
  void set_buffer(BufferName name, BufferHandle handle) { set(first_buffer_, name, handle); }
  Ticket ticket(TicketName name) const { return get<Ticket>(first_ticket_, name); }
  void set_ticket(TicketName name, Ticket ticket) { set(first_ticket_, name, ticket); }

  /// The handle behind a step's group; none when the rank has not created it.
  GroupHandle group(const GroupRef& ref, const GroupTable& groups) const;
  /// Members of the rank's group; nullptr when it is in none.
  const Members* members(const GroupRef& ref, const RankContext& rank) const;

 private:
  template <typename Name>
  static std::size_t place(std::int32_t first, Name name) {
    const std::int32_t index = first + static_cast<std::int32_t>(name);
    return static_cast<std::size_t>(index);
  }
  template <typename Handle, typename Name>
  Handle get(std::int32_t first, Name name) const {
    return static_cast<Handle>(handles_[place(first, name)]);
  }
  template <typename Name, typename Handle>
  void set(std::int32_t first, Name name, Handle handle) {
    handles_[place(first, name)] = static_cast<std::int64_t>(handle);
  }

  /// Grids, groups, buffers and tickets one after another, and where each kind begins: one block of memory a
  /// rank.
  std::vector<std::int64_t> handles_;
  std::int32_t first_group_;
  std::int32_t first_buffer_;
  std::int32_t first_ticket_;
  /// What members was asked for last: a rank writes many messages in one group.
  mutable GroupHandle recent_group_ = GroupHandle::none;
  mutable InstanceId recent_instance_ = InstanceId::none;
};

/// The group as the scenario writes it: "world", "actor.tensor", "weights".
std::string group_text(const Scenario& scenario, const GroupRef& ref);

}  // namespace gridlock
