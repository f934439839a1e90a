#include "harness/histories/plan_json.h"

#include <limits>
#include <optional>
#include <utility>

namespace gridlock {
namespace {

using Json = nlohmann::ordered_json;
using Strings = std::vector<std::string>;

constexpr std::int64_t kInt32Max = 2'147'483'647;

Json topology_json(const ProcessTopology& topology) {
  Json axes = Json::array();
  for (std::size_t i = 0; i < topology.sizes().size(); ++i)
    axes.push_back({topology.get_axis_names()[i], topology.sizes()[i]});
  const TopologyOptions& options = topology.options();
  Json json = {{"axes", axes}};
  if (options.sequence_parallel) json["sequence_parallel"] = true;
  if (options.gradient_checkpointing) json["gradient_checkpointing"] = true;
  if (options.gradient_accumulation_fusion) json["gradient_accumulation_fusion"] = true;
  if (options.max_prompt_len != 0) json["max_prompt_len"] = options.max_prompt_len;
  return json;
}

bool flag(const JsonCursor& cursor, std::string_view key) {
  const auto value = cursor.find(key);
  return value && value->boolean();
}

ProcessTopology read_topology(const JsonCursor& cursor) {
  cursor.check_keys({"axes", "sequence_parallel", "gradient_checkpointing", "gradient_accumulation_fusion",
                     "max_prompt_len"});
  Strings names;
  std::vector<std::int64_t> sizes;
  for (const JsonCursor& axis : cursor.at("axes").items()) {
    const std::vector<JsonCursor> pair = axis.items();
    if (pair.size() != 2) axis.fail("expected [name, size]");
    names.push_back(pair[0].string());
    sizes.push_back(pair[1].integer(1, kInt32Max));
  }
  TopologyOptions options;
  options.sequence_parallel = flag(cursor, "sequence_parallel");
  options.gradient_checkpointing = flag(cursor, "gradient_checkpointing");
  options.gradient_accumulation_fusion = flag(cursor, "gradient_accumulation_fusion");
  if (const auto length = cursor.find("max_prompt_len"))
    options.max_prompt_len = static_cast<std::int32_t>(length->integer(0, kInt32Max));
  return cursor.located([&] { return ProcessTopology(names, sizes, options); });
}

Json entry_json(const RecipeEntry& entry) {
  Json json = {{"family", entry.family}};
  if (entry.selection != MemberSelection::all)
    json["members"] = entry.selection == MemberSelection::first ? "first" : "first_and_last";
  if (entry.backend == BackendChoice::gloo) json["backend"] = "gloo";
  if (!entry.within.empty()) json["within"] = entry.within;
  return json;
}

Json recipe_json(const Recipe& recipe) {
  Json blocks = Json::array();
  for (const RecipeBlock& block : recipe.blocks) {
    Json entries = Json::array();
    for (const RecipeEntry& entry : block.entries) entries.push_back(entry_json(entry));
    blocks.push_back({{"view", block.view},
                      {"of_world", block.of_world},
                      {"inside", block.inside},
                      {"all_but", block.all_but},
                      {"numbering", block.numbering},
                      {"needs", block.needs},
                      {"entries", entries}});
  }
  return {{"name", recipe.name},
          {"required_axes", recipe.required_axes},
          {"uses_registry", recipe.uses_registry},
          {"blocks", blocks}};
}

Strings read_strings(const JsonCursor& cursor) {
  Strings list;
  for (const JsonCursor& item : cursor.items()) list.push_back(item.string());
  return list;
}

RecipeEntry read_entry(const JsonCursor& cursor) {
  cursor.check_keys({"family", "members", "backend", "within"});
  RecipeEntry entry;
  entry.family = cursor.at("family").string();
  if (const auto members = cursor.find("members")) {
    if (members->string() != "first" && members->string() != "first_and_last")
      members->fail("expected \"first\" or \"first_and_last\"");
    entry.selection = members->string() == "first" ? MemberSelection::first : MemberSelection::first_and_last;
  }
  if (const auto backend = cursor.find("backend")) {
    if (backend->string() != "gloo") backend->fail("expected \"gloo\"");
    entry.backend = BackendChoice::gloo;
  }
  if (const auto within = cursor.find("within")) entry.within = read_strings(*within);
  return entry;
}

Recipe read_recipe(const JsonCursor& cursor) {
  cursor.check_keys({"name", "required_axes", "uses_registry", "blocks"});
  Recipe recipe;
  recipe.name = cursor.at("name").string();
  for (const JsonCursor& names : cursor.at("required_axes").items())
    recipe.required_axes.push_back(read_strings(names));
  recipe.uses_registry = cursor.at("uses_registry").boolean();
  for (const JsonCursor& item : cursor.at("blocks").items()) {
    item.check_keys({"view", "of_world", "inside", "all_but", "numbering", "needs", "entries"});
    RecipeBlock block;
    block.view = item.at("view").string();
    block.of_world = item.at("of_world").boolean();
    block.inside = read_strings(item.at("inside"));
    block.all_but = item.at("all_but").boolean();
    block.numbering = read_strings(item.at("numbering"));
    block.needs = read_strings(item.at("needs"));
    for (const JsonCursor& entry : item.at("entries").items()) block.entries.push_back(read_entry(entry));
    recipe.blocks.push_back(std::move(block));
  }
  return recipe;
}

/// [first, step, count] for each stretch of model ranks that lie evenly in the world.
Json mapping_json(const RankMapping& mapping) {
  Json runs = Json::array();
  for (RankId from = 0; from < mapping.size();) {
    const RankId first = mapping.to_world(from);
    const RankId step = from + 1 < mapping.size() ? mapping.to_world(from + 1) - first : 1;
    RankId count = 1;
    while (from + count < mapping.size() && mapping.to_world(from + count) == first + step * count) ++count;
    runs.push_back({first, count == 1 ? 1 : step, count});
    from += count;
  }
  return runs;
}

RankMapping read_mapping(const JsonCursor& cursor, RankId world_size) {
  std::vector<RankId> world;
  for (const JsonCursor& item : cursor.items()) {
    const std::vector<JsonCursor> run = item.items();
    if (run.size() != 3) item.fail("expected [first, step, count]");
    const std::int64_t first = run[0].integer(0, world_size - 1);
    const std::int64_t step = run[1].integer(-world_size, world_size);
    const std::int64_t count = run[2].integer(1, world_size - static_cast<std::int64_t>(world.size()));
    const std::int64_t last = first + step * (count - 1);
    if (last < 0 || last >= world_size) item.fail("this stretch leaves the world");
    for (std::int64_t i = 0; i < count; ++i) world.push_back(static_cast<RankId>(first + step * i));
  }
  return cursor.located([&] { return RankMapping::list(world); });
}

}  // namespace

Json plan_json(const Plan& plan) {
  const GridSpec& spec = plan.spec();
  Json json = {{"topology", topology_json(spec.topology)},
               {"recipe", recipe_json(spec.recipe)},
               {"mapping", mapping_json(spec.mapping)},
               {"backend", backend_name(spec.backend)},
               {"timeout_ns", spec.timeout.count()}};
  Json views = Json::array();
  for (const TopologyView& view : spec.views) views.push_back({view.name, topology_json(view.topology)});
  if (!views.empty()) json["views"] = views;
  return json;
}

std::shared_ptr<const Plan> read_plan(const JsonCursor& cursor, RankId world_size) {
  cursor.check_keys({"topology", "recipe", "mapping", "backend", "timeout_ns", "views"});
  GridSpec spec{read_topology(cursor.at("topology")), read_recipe(cursor.at("recipe")),
                read_mapping(cursor.at("mapping"), world_size)};
  const std::optional<BackendKind> backend = backend_from_name(cursor.at("backend").string());
  if (!backend) cursor.at("backend").fail("expected \"nccl\" or \"gloo\"");
  spec.backend = *backend;
  spec.timeout = Nanos(cursor.at("timeout_ns").integer(1, std::numeric_limits<std::int64_t>::max()));
  if (const auto views = cursor.find("views")) {
    for (const JsonCursor& item : views->items()) {
      const std::vector<JsonCursor> pair = item.items();
      if (pair.size() != 2) item.fail("expected [name, topology]");
      spec.views.push_back({pair[0].string(), read_topology(pair[1])});
    }
  }
  return cursor.located([&] { return std::make_shared<const Plan>(std::move(spec), world_size); });
}

}  // namespace gridlock
