#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/model/scenario.h"
#include "harness/read/json_cursor.h"

namespace gridlock {

class ProcessTopology;

/// What the readers of one scenario share: what was read so far, and what surrounds the step that is being
/// read. Grids, the world and all names are complete before the first step is read, so that steps may name
/// them in any order.
struct ReadContext {
  explicit ReadContext(Scenario& target) : scenario(target) {}

  Scenario& scenario;
  /// For hints only: parameters are put in before anything is read.
  std::vector<std::string> params;
  /// Variables of the loops around the step, outermost first; "" for an anonymous loop.
  std::vector<std::string> loops;
  /// Selections around the step: of its program, then `only` of the steps and operations that enclose it.
  /// Entry g of each tells whether all ranks it lets through are members of grid g.
  std::vector<std::vector<bool>> inside;
  /// In a thread of a parallel step.
  bool is_in_thread = false;

  bool all_inside(std::int32_t grid) const;
  std::vector<std::string> grid_names() const;
  const ProcessTopology& topology(std::int32_t grid) const;
  /// Depth of a loop variable; -1 when no loop around the step has that name.
  LoopDepth loop_depth(std::string_view variable) const;
};

/// Enters a selection for as long as it lives.
class InsideScope {
 public:
  InsideScope(ReadContext& context, const Selection& selection);
  ~InsideScope() { context_.inside.pop_back(); }
  InsideScope(const InsideScope&) = delete;
  InsideScope& operator=(const InsideScope&) = delete;

 private:
  ReadContext& context_;
};

/// Enters a loop for as long as it lives.
class LoopScope {
 public:
  LoopScope(ReadContext& context, std::string variable) : context_(context) {
    context_.loops.push_back(std::move(variable));
  }
  ~LoopScope() { context_.loops.pop_back(); }
  LoopScope(const LoopScope&) = delete;
  LoopScope& operator=(const LoopScope&) = delete;

 private:
  ReadContext& context_;
};

/// Position of a name in a list; -1 when it is not there.
std::int32_t index_of(const std::vector<std::string>& names, std::string_view name);

/// A name that a scenario introduces (grid, group, buffer, ticket, loop variable, parameter): a letter or
/// '_', then letters, digits, '_' and '-'. Throws InputError at the cursor otherwise.
void check_name(const JsonCursor& cursor, std::string_view name);

/// The axes of a grid by name, and "<family>.place" for the families in which every rank of the grid is in
/// one group.
std::vector<std::pair<std::string, AxisRef>> axes_of_grid(const ReadContext& context, std::int32_t grid);
/// "actor.data", "actor.data.place" or "rank".
AxisRef read_axis(const ReadContext& context, const JsonCursor& cursor);
/// The same for a name that is not a JSON value of its own; complaints are made at the cursor.
AxisRef axis_from_name(const ReadContext& context, const JsonCursor& cursor, std::string_view name);

/// Number of indexes on an axis.
RankId axis_length(const ReadContext& context, const AxisRef& axis);

/// "world", "actor.tensor" or the name of a new_group step anywhere in the scenario.
GroupRef read_group(const ReadContext& context, const JsonCursor& cursor);
/// Number of members when every rank's group has as many: world, families. -1 for named groups.
RankId group_size(const ReadContext& context, const GroupRef& group);

}  // namespace gridlock
