#include "tests/core/grid/areal_scenario.h"

#include "core/base/check.h"

namespace gridlock::testing {
namespace {

RankMapping recorded_mapping(const Json& grid, RankId model_size) {
  if (grid.at("rank_mapping").is_null()) return RankMapping::identity(model_size);
  std::vector<RankMapping::Entry> entries;
  for (const Json& pair : grid.at("rank_mapping")) entries.push_back({pair.at(0), pair.at(1)});
  return RankMapping::entries(model_size, entries);
}

}  // namespace

ArealScenario::ArealScenario(const Json& recorded)
    : world_size_(recorded.at("world")),
      backend_(*backend_from_name(recorded.at("default_backend").get<std::string>())) {
  set_up(recorded);
  const std::string setup = recorded.at("setup");
  for (std::size_t i = 0; i < recorded.at("grids").size(); ++i) {
    const Json& grid = recorded.at("grids").at(i);
    if (setup == "testing") {
      request("pg" + std::to_string(i), Members::list(grid.at("process_group_ranks")), backend_);
    }
    add_grid("grid" + std::to_string(i), grid);
  }
}

// The set-up of AReaL's model worker, as the recording describes it; the other kinds make no requests before
// the grids.
void ArealScenario::set_up(const Json& recorded) {
  if (recorded.at("setup") != "worker") return;
  for (const Json& grid : recorded.at("grids")) {
    const Members model = Members::list(grid.at("process_group_ranks"));
    request("setup", model, backend_);
    request("setup", model, BackendKind::gloo);
  }
  for (RankId rank = 0; rank < world_size_; ++rank) request("setup", Members::range(rank, 1), backend_);
}

void ArealScenario::request(const std::string& phase, const Members& members, BackendKind backend) {
  const GroupRegistry::Answer answer = registry_.new_or_get_group(members, backend);
  requests_.push_back({phase, answer.creation, answer.created ? 1 : 0});
  if (answer.created) new_groups_.push_back({members.to_vector(), std::string(backend_name(backend))});
}

void ArealScenario::add_grid(const std::string& phase, const Json& grid) {
  const ProcessTopology topology = recorded_topology(grid.at("topology"));
  GridSpec spec{topology, areal_recipe(), recorded_mapping(grid, topology.world_size()), backend_};
  RebuiltGrid rebuilt{std::make_shared<const Plan>(std::move(spec), world_size_), {}};
  // resolve must answer as one request after the other does: the registry before it is copied and asked the
  // slow way.
  GroupRegistry whole = registry_;
  rebuilt.creation_of_request = whole.resolve(*rebuilt.plan);
  for (std::int64_t i = 0; i < rebuilt.plan->request_count(); ++i) {
    const GroupSpec asked = rebuilt.plan->request(i);
    request(phase, asked.members, asked.backend);
    GRIDLOCK_CHECK(requests_.back().at(1) == rebuilt.creation_of_request.at(static_cast<std::size_t>(i)));
  }
  GRIDLOCK_CHECK(whole.digest() == registry_.digest());
  grids_.push_back(std::move(rebuilt));
}

Json group_reference(const RankView& view, const MaybeGroup& group) {
  if (!group) return nullptr;
  return "g" + std::to_string(view.rebuilt.creation_of_request.at(static_cast<std::size_t>(group->place)));
}

}  // namespace gridlock::testing
