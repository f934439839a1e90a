#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/grid/group_registry.h"
#include "core/grid/group_table.h"

namespace gridlock {

/// What the groups of a rank are called in a history file, and which handles they are in a group table: found
/// by doing to the table what the rank did. States are interned, so that ranks which made the same groups in
/// the same order cost one replay. State 0 knows only "world". Requires of all calls: a state that this
/// object has answered.
class CreationStates {
 public:
  using State = std::size_t;

  /// `groups` must outlive this object and is grown by it.
  explicit CreationStates(GroupTable& groups);

  /// The rank goes on to make a group. `detail` identifies the spec: equal numbers, equal specs. It is called
  /// by its name, or "group" when it has none; a second one of a name is "name (2)".
  State new_group(State past, std::int32_t detail, const GroupSpec& spec);
  /// The same for a grid: its families are called "name.family", or "family" where the grid's name in the
  /// group table is empty. That is `name`, unless the table has the grid already.
  State create_grid(State past, std::int32_t detail, std::shared_ptr<const Plan> plan,
                    const std::string& name);

  /// The grid that the last creation of this state made. Requires: it made one.
  GridHandle grid(State state) const { return states_[state].grid; }
  /// Handle behind a name; none when the state does not know it.
  GroupHandle find(State state, std::string_view name) const;
  /// Name of a handle; "" when the state does not know it.
  std::string name(State state, GroupHandle handle) const;

 private:
  struct Known {
    State past = 0;
    std::shared_ptr<const GroupRegistry> registry;
    std::string alias;
    /// Either a group or a grid.
    GroupHandle group = GroupHandle::none;
    GridHandle grid = GridHandle::none;
  };

  bool is_taken(State state, const std::string& alias) const;
  std::string free_alias(State state, const std::string& wanted) const;

  GroupTable& groups_;
  std::vector<Known> states_;
  std::map<std::tuple<State, bool, std::int32_t, std::string>, State> next_;
};

}  // namespace gridlock
