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
  GridHandle grid(std::int32_t grid) const { return grids_[static_cast<std::size_t>(grid)]; }
  void set_grid(std::int32_t grid, GridHandle handle) { grids_[static_cast<std::size_t>(grid)] = handle; }
  void set_group(GroupName name, GroupHandle handle) { groups_[static_cast<std::size_t>(name)] = handle; }
  BufferHandle buffer(BufferName name) const;
  void set_buffer(BufferName name, BufferHandle handle) { buffers_[static_cast<std::size_t>(name)] = handle; }
  Ticket ticket(TicketName name) const { return tickets_[static_cast<std::size_t>(name)]; }
  void set_ticket(TicketName name, Ticket ticket) { tickets_[static_cast<std::size_t>(name)] = ticket; }

  /// The handle behind a step's group; none when the rank has not created it.
  GroupHandle group(const GroupRef& ref, const GroupTable& groups) const;
  /// Members of the rank's group; nullptr when it is in none.
  const Members* members(const GroupRef& ref, const RankContext& rank) const;

 private:
  std::vector<GridHandle> grids_;
  std::vector<GroupHandle> groups_;
  std::vector<BufferHandle> buffers_;
  std::vector<Ticket> tickets_;
};

/// The group as the scenario writes it: "world", "actor.tensor", "weights".
std::string group_text(const Scenario& scenario, const GroupRef& ref);

}  // namespace gridlock
