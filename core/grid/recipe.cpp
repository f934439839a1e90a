#include "core/grid/recipe.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

RecipeEntry family(std::string name, MemberSelection selection = MemberSelection::all) {
  return {std::move(name), selection, BackendChoice::grid_default};
}

RecipeEntry gloo_twin(const std::string& name) {
  return {name + "_gloo", MemberSelection::all, BackendChoice::gloo};
}

RecipeBlock block(std::vector<std::string> inside, std::vector<RecipeEntry> entries) {
  RecipeBlock made;
  made.inside = std::move(inside);
  made.entries = std::move(entries);
  return made;
}

RecipeBlock block_all_but(std::vector<std::string> outside, std::vector<RecipeEntry> entries) {
  RecipeBlock made = block(std::move(outside), std::move(entries));
  made.all_but = true;
  return made;
}

// Neither reference has a sequence axis, but DeepSpeed reads these groups of any mpu that offers them
// (groups.py). They come last, so that the order of all other requests is the recorded one.
void add_sequence_blocks(Recipe& recipe) {
  RecipeBlock sequence = block({"sequence"}, {family("sequence")});
  sequence.needs = {"sequence"};
  RecipeBlock sequence_data = block({"data", "sequence"}, {family("sequence_data")});
  sequence_data.needs = {"sequence"};
  recipe.blocks.push_back(std::move(sequence));
  recipe.blocks.push_back(std::move(sequence_data));
}

RecipeBlock expert_block(const char* view, const char* inside, std::vector<std::string> numbering) {
  RecipeBlock made = block({inside}, {family(inside)});
  made.view = view;
  made.of_world = true;
  made.numbering = std::move(numbering);
  return made;
}

// deepspeed/utils/groups.py, for a grid that is given to DeepSpeed as mpu and has mixture-of-experts layers:
// _create_expert_and_data_parallel over a view "expert", or _create_expert_data_and_model_parallel (experts
// that are split by tensor parallelism) over a view "expert_lanes". Both cut torch's whole world.
void add_deepspeed_expert_blocks(Recipe& recipe) {
  recipe.blocks.push_back(expert_block("expert", "expert_data", {}));
  recipe.blocks.push_back(expert_block("expert", "expert", {}));
  recipe.blocks.push_back(expert_block("expert_lanes", "expert", {"pipe", "tensor", "expert_data"}));
  recipe.blocks.push_back(expert_block("expert_lanes", "expert_data", {"pipe", "tensor", "expert"}));
}

}  // namespace

Recipe areal_recipe() {
  Recipe recipe;
  recipe.name = "areal";
  recipe.required_axes = {{"pipe"}, {"data"}, {"tensor", "model"}};
  recipe.uses_registry = true;
  recipe.blocks = {
      block_all_but({"data"}, {family("model"), gloo_twin("model")}),
      block({"data"}, {family("data"), gloo_twin("data")}),
      block({"pipe"},
            {family("pipe"), gloo_twin("pipe"), family("embedding", MemberSelection::first_and_last),
             family("position_embedding", MemberSelection::first)}),
      block({"tensor", "model"}, {family("tensor"), gloo_twin("tensor")}),
      block_all_but({"pipe"}, {family("tensor_data")}),
  };
  add_sequence_blocks(recipe);
  add_deepspeed_expert_blocks(recipe);
  return recipe;
}

Recipe deepspeed_recipe() {
  Recipe recipe;
  recipe.name = "deepspeed";
  recipe.required_axes = {{"pipe"}, {"data"}};
  recipe.blocks = {
      block_all_but({"data"}, {family("model")}),
      block({"data"}, {family("data")}),
      block({"pipe"}, {family("pipe")}),
      // Without a model axis, and with one of size 1, these are the groups of single ranks in rank order.
      block({"model", "tensor"}, {family("tensor")}),
  };
  add_sequence_blocks(recipe);
  add_deepspeed_expert_blocks(recipe);
  return recipe;
}

Recipe without_gloo_twins(Recipe recipe) {
  for (RecipeBlock& block : recipe.blocks) {
    std::erase_if(block.entries, [](const RecipeEntry& e) { return e.backend == BackendChoice::gloo; });
  }
  return recipe;
}

std::vector<std::string> recipe_names() { return {"areal", "deepspeed", "megatron"}; }

Recipe recipe_by_name(std::string_view name) {
  for (Recipe recipe : {areal_recipe(), deepspeed_recipe(), megatron_recipe()}) {
    if (recipe.name == name) return recipe;
  }
  throw InputError("recipe", fmt::format("there is no recipe '{}'", name), name_hint(name, recipe_names()));
}

}  // namespace gridlock
