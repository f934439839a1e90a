#include "harness/read/grid_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/grid/plan.h"
#include "harness/read/number_reader.h"
#include "harness/read/operation_reader.h"
#include "harness/read/recipe_reader.h"

namespace gridlock {
namespace {

ProcessTopology read_axes(const JsonCursor& topology, TopologyOptions options = {}) {
  std::vector<std::string> axes;
  std::vector<std::int64_t> sizes;
  for (const auto& [axis, size] : topology.members()) {
    check_name(size, axis);
    axes.push_back(axis);
    sizes.push_back(size.integer(1, std::numeric_limits<RankId>::max()));
  }
  return topology.located([&] { return ProcessTopology(axes, sizes, options); });
}

ProcessTopology read_topology(const JsonCursor& grid) {
  TopologyOptions options;
  if (const auto flag = grid.find("sequence_parallel")) options.sequence_parallel = flag->boolean();
  if (const auto flag = grid.find("gradient_checkpointing")) options.gradient_checkpointing = flag->boolean();
  if (const auto flag = grid.find("gradient_accumulation_fusion"))
    options.gradient_accumulation_fusion = flag->boolean();
  if (const auto length = grid.find("max_prompt_len")) {
    options.max_prompt_len =
        static_cast<std::int32_t>(length->integer(0, std::numeric_limits<std::int32_t>::max()));
  }
  return read_axes(grid.at("topology"), options);
}

std::vector<TopologyView> read_views(const JsonCursor& grid, const Recipe& recipe) {
  std::vector<std::string> known;
  for (const RecipeBlock& block : recipe.blocks) {
    if (!block.view.empty() && std::find(known.begin(), known.end(), block.view) == known.end())
      known.push_back(block.view);
  }
  std::vector<TopologyView> views;
  for (const auto& [name, view] : grid.at("views").members()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      view.fail_name(fmt::format("view of the recipe {}", recipe.name), name, known);
    views.push_back({name, read_axes(view)});
  }
  return views;
}

RankMapping read_mapping(const JsonCursor& grid, RankId count) {
  const auto ranks = grid.find("ranks");
  if (!ranks) return RankMapping::identity(count);
  if (ranks->is_array()) {
    std::vector<RankId> world_ranks;
    for (const JsonCursor& item : ranks->items()) {
      world_ranks.push_back(static_cast<RankId>(item.integer(0, kWorldSizeMax - 1)));
    }
    if (world_ranks.size() != static_cast<std::size_t>(count)) {
      ranks->fail(fmt::format("expected {} ranks, one for each place of the topology, got {}", count,
                              world_ranks.size()));
    }
    return ranks->located([&] { return RankMapping::list(std::move(world_ranks)); });
  }
  ranks->check_keys({"offset", "stride"});
  const auto stride = ranks->find("stride");
  return ranks->located([&] {
    return RankMapping::strided(count, static_cast<RankId>(ranks->at("offset").integer(0, kWorldSizeMax)),
                                stride ? static_cast<RankId>(stride->integer(1, kWorldSizeMax)) : 1);
  });
}

GridSpec read_grid(const JsonCursor& grid) {
  grid.check_keys({"recipe", "topology", "views", "ranks", "backend", "gloo_twins", "timeout_s",
                   "sequence_parallel", "gradient_checkpointing", "gradient_accumulation_fusion",
                   "max_prompt_len", "model"});
  ProcessTopology topology = read_topology(grid);
  Recipe recipe = read_recipe(grid.at("recipe"));
  if (const auto twins = grid.find("gloo_twins"); twins && !twins->boolean())
    recipe = without_gloo_twins(std::move(recipe));
  RankMapping mapping = read_mapping(grid, topology.world_size());
  GridSpec spec{std::move(topology), std::move(recipe), std::move(mapping)};
  if (grid.has("views")) spec.views = read_views(grid, spec.recipe);
  if (const auto backend = grid.find("backend")) spec.backend = read_backend(*backend);
  if (const auto timeout = grid.find("timeout_s")) {
    spec.timeout = std::chrono::seconds(timeout->integer(1, 1'000'000'000));
  }
  return spec;
}

ModelFacts read_model(const JsonCursor& grid) {
  ModelFacts facts;
  const auto model = grid.find("model");
  if (!model) return facts;
  std::vector<std::string> known;
  for (const ModelFactInfo& info : kModelFacts) known.emplace_back(info.name);
  model->check_keys(known);
  for (const ModelFactInfo& info : kModelFacts) {
    if (const auto value = model->find(info.name))
      facts.*info.value = value->integer(1, std::numeric_limits<std::int32_t>::max());
  }
  return facts;
}

/// One more than the largest rank of a grid. The members come sorted.
std::int64_t ranks_needed(const GridSpec& spec) {
  const Members members = spec.mapping.world_ranks();
  return std::int64_t{members[members.size() - 1]} + 1;
}

void read_world(Scenario& scenario, const JsonCursor& root, const std::vector<GridSpec>& specs) {
  std::int64_t needed = 0;
  for (const GridSpec& spec : specs) needed = std::max(needed, ranks_needed(spec));
  const auto world = root.find("world");
  if (world) world->check_keys({"ranks", "ranks_per_node"});
  if (world && world->has("ranks")) {
    needed = world->at("ranks").integer(1, kWorldSizeMax);
  } else if (specs.empty()) {
    (world ? *world : root).fail("the size of the world is missing", "\"world\": { \"ranks\": 8 }");
  }
  scenario.world_size = static_cast<RankId>(needed);
  scenario.ranks_per_node = scenario.world_size;
  if (world && world->has("ranks_per_node")) {
    scenario.ranks_per_node = static_cast<RankId>(world->at("ranks_per_node").integer(1, kWorldSizeMax));
  }
}

}  // namespace

void read_world_and_grids(ReadContext& context, const JsonCursor& root) {
  std::vector<GridSpec> specs;
  std::vector<std::pair<std::string, JsonCursor>> places;
  if (const auto grids = root.find("grids")) {
    for (const auto& [name, grid] : grids->members()) {
      check_name(grid, name);
      if (name == "world" || name == "rank")
        grid.fail(fmt::format("'{}' means something else already", name));
      specs.push_back(read_grid(grid));
      places.emplace_back(name, grid);
    }
  }
  read_world(context.scenario, root, specs);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& [name, grid] = places[i];
    const auto make = [&] {
      return std::make_shared<const Plan>(std::move(specs[i]), context.scenario.world_size);
    };
    context.scenario.grids.push_back({name, grid.located(make), read_model(grid)});
  }
}

}  // namespace gridlock
