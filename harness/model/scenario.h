#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/outcome.h"
#include "core/diagnosis/diagnosis.h"
#include "core/world/world.h"
#include "harness/model/model_facts.h"
#include "harness/model/step.h"

namespace gridlock {

class Plan;

/// A grid of the scenario. The plan is shared because worlds keep it as long as the grid's groups are known.
struct ScenarioGrid {
  std::string name;
  std::shared_ptr<const Plan> plan;
  ModelFacts model = {};
};

/// Steps for the ranks that match. A rank runs the steps of every matching program in file order.
struct Program {
  Selection ranks;
  std::vector<Step> steps;
};

/// One side of the place where ranks first parted.
struct ExpectedSide {
  RankSet ranks;
  /// What Divergence::call begins with.
  std::string call;
};

/// What the scenario says about the end of its run. Default: it passes.
struct Expectation {
  Outcome outcome = Outcome::passed;
  /// The first error diagnosis; nothing: not looked at.
  std::optional<Code> diagnosis;
  std::optional<RankSet> blame;
  std::optional<Relation> relation;
  /// Sides that the first error diagnosis names among those of its first divergence; empty: not looked at.
  std::vector<ExpectedSide> first_divergence;
  /// Exactly these warnings in any order; nothing: not looked at.
  std::optional<std::vector<Code>> warnings;
  /// Exactly the ranks whose programs run to their end; nothing: not looked at.
  std::optional<RankSet> returned;
};

/// A scenario file (one cell of its matrix), read, expanded and checked: names are resolved to indexes,
/// parameters are put in, workloads are ordinary steps. Immutable; shared by all ranks of a run; its size
/// does not depend on the size of the world.
struct Scenario {
  /// The name of the file's scenario, with the cell: "ppo[pipe=2,tensor=4]".
  std::string name;
  std::string description;
  /// As given by the user.
  std::string file;
  RankId world_size = 0;
  RankId ranks_per_node = 0;
  std::vector<ScenarioGrid> grids;
  std::vector<Program> programs;
  /// Seed, payload, semantics, cost and limits.
  RunOptions options;
  Expectation expect;

  /// Names behind GroupName, BufferName and TicketName.
  std::vector<std::string> group_names;
  std::vector<std::string> buffer_names;
  std::vector<std::string> ticket_names;
  /// Loops are nested at most this deep: the number of loop values a rank keeps.
  LoopDepth loop_depth_max = 0;
  /// Most threads of a parallel step.
  std::int32_t thread_max = 0;
  /// Steps of all programs, inner ones included: their numbers are below it.
  std::uint32_t step_count = 0;

  /// The same scenario as plain JSON text: no extends, params, matrix or workloads. What `gridlock expand`
  /// prints; reading it again gives an equal scenario.
  std::string plain;
};

/// Index of a world rank on an axis: its coordinate in the grid, its rank in its group of a family, or the
/// rank itself for AxisRef::kRank; -1 when the rank is no member of the grid. O(axes) for arithmetic
/// mappings.
RankId axis_index(const Scenario& scenario, const AxisRef& axis, RankId rank);

}  // namespace gridlock
