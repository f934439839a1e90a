#pragma once

#include <memory>
#include <vector>

#include "core/grid/group_registry.h"
#include "core/grid/parallel_grid.h"
#include "tests/core/grid/recorded_data.h"

namespace gridlock::testing {

/// One grid of a recorded scenario, rebuilt: its plan, and which creation answered each request.
struct RebuiltGrid {
  std::shared_ptr<const Plan> plan;
  std::vector<std::int64_t> creation_of_request;
};

/// A recorded scenario of areal_golden, carried out again: the set-up requests and the grids in recorded
/// order, all through one registry.
class ArealScenario {
 public:
  explicit ArealScenario(const Json& recorded);

  const std::vector<RebuiltGrid>& grids() const { return grids_; }
  RankId world_size() const { return world_size_; }
  /// In the recorded shape: [[phase, creation, 1 or 0], ...].
  const Json& requests() const { return requests_; }
  /// In the recorded shape: [[ranks, backend], ...].
  const Json& new_groups() const { return new_groups_; }

 private:
  void request(const std::string& phase, const Members& members, BackendKind backend);
  void set_up(const Json& recorded);
  void add_grid(const std::string& phase, const Json& grid);

  RankId world_size_;
  BackendKind backend_;
  GroupRegistry registry_;
  std::vector<RebuiltGrid> grids_;
  Json requests_ = Json::array();
  Json new_groups_ = Json::array();
};

/// One rank's view of a rebuilt grid; columns are read from it.
struct RankView {
  const ParallelGrid& grid;
  const RebuiltGrid& rebuilt;
};

/// "gN" for a held group, where N is the creation that answered its request; null for none.
Json group_reference(const RankView& view, const MaybeGroup& group);

/// Value of a recorded column ("attr", "method" or "derived" table) as this project has it. Fails the test
/// for a name that it does not know.
Json attribute(const std::string& name, const RankView& view);
Json method(const std::string& name, const RankView& view);
Json derived(const std::string& name, const RankView& view);
/// Values that are the same on all ranks.
Json shared_value(const std::string& name, const RankView& view);

}  // namespace gridlock::testing
