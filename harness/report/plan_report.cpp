#include "harness/report/plan_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/plural.h"
#include "core/grid/group_registry.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

/// What the registry answered to each request of a plan.
struct Answers {
  std::vector<std::int64_t> creation;
  /// Whether the request made a group or found one.
  std::vector<bool> created;
};

Answers resolve(GroupRegistry& registry, const Plan& plan) {
  std::int64_t next = registry.creation_count();
  Answers answers;
  answers.creation = registry.resolve(plan);
  for (const std::int64_t creation : answers.creation) {
    answers.created.push_back(creation == next);
    if (creation == next) ++next;
  }
  return answers;
}

std::string topology_text(const ProcessTopology& topology) {
  std::string text;
  for (std::size_t axis = 0; axis < topology.sizes().size(); ++axis) {
    text += fmt::format("{}{} {}", axis == 0 ? "" : " x ", topology.get_axis_names()[axis],
                        topology.sizes()[axis]);
  }
  return text;
}

std::int64_t made_count(const PlanFamily& family, const Answers& answers) {
  std::int64_t made = 0;
  for (RankId group = 0; group < family.count; ++group) {
    made += answers.created[static_cast<std::size_t>(family.request_of(group))] ? 1 : 0;
  }
  return made;
}

std::string family_lines(const Plan& plan, const Answers& answers) {
  std::string text = fmt::format("  {:<26} {:<7} {:>8} {:>8} {:>8}  {}\n", "family", "backend", "groups",
                                 "size", "made", "first group");
  for (const PlanFamily& family : plan.families()) {
    const Members first = plan.members_of(family.first);
    text += fmt::format("  {:<26} {:<7} {:>8} {:>8} {:>8}  {}\n", family.name, backend_name(family.backend),
                        family.count, first.size(), made_count(family, answers), first.to_string());
  }
  return text;
}

std::int64_t created_count(const Answers& answers) {
  return std::count(answers.created.begin(), answers.created.end(), true);
}

}  // namespace

std::string plan_table(const Scenario& scenario) {
  std::string grids;
  std::int64_t requests = 0;
  std::int64_t made = 0;
  GroupRegistry registry;
  for (const ScenarioGrid& grid : scenario.grids) {
    const Answers answers = resolve(registry, *grid.plan);
    requests += grid.plan->request_count();
    made += created_count(answers);
    grids += fmt::format("{}: {} recipe on {}, mapping {}, {}, {} made\n", grid.name,
                         grid.plan->spec().recipe.name, topology_text(grid.plan->topology()),
                         grid.plan->mapping().to_string(),
                         plural(grid.plan->request_count(), "request", "requests"),
                         plural(created_count(answers), "group", "groups"));
    grids += family_lines(*grid.plan, answers);
    if (const auto surprise = grid.plan->group_rank_order_surprise())
      grids += fmt::format("  warning: {}\n", *surprise);
  }
  return fmt::format("{}: {}, {}, {} for groups, {} made, {} answered by the registry\n{}", scenario.name,
                     plural(scenario.world_size, "rank", "ranks"),
                     plural(scenario.grids.size(), "grid", "grids"), plural(requests, "request", "requests"),
                     made, requests - made, grids);
}

nlohmann::ordered_json plan_json(const Scenario& scenario) {
  GroupRegistry registry;
  nlohmann::ordered_json grids = nlohmann::ordered_json::array();
  for (const ScenarioGrid& grid : scenario.grids) {
    const Answers answers = resolve(registry, *grid.plan);
    nlohmann::ordered_json requests = nlohmann::ordered_json::array();
    for (std::int64_t i = 0; i < grid.plan->request_count(); ++i) {
      const auto place = static_cast<std::size_t>(i);
      requests.push_back({{"family", grid.plan->families()[grid.plan->locate(i).family].name},
                          {"backend", backend_name(grid.plan->backend_of(i))},
                          {"ranks", grid.plan->members_of(i).to_vector()},
                          {"creation", answers.creation[place]},
                          {"created", static_cast<bool>(answers.created[place])}});
    }
    grids.push_back({{"name", grid.name}, {"recipe", grid.plan->spec().recipe.name}, {"requests", requests}});
  }
  return {{"name", scenario.name}, {"ranks", scenario.world_size}, {"grids", grids}};
}

}  // namespace gridlock
