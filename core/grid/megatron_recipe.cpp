// The families of Megatron core in its order of creation.
#include <fmt/format.h>

#include <utility>

#include "core/grid/megatron.h"
#include "core/grid/recipe.h"

namespace gridlock {
namespace {

// Axes of both layouts: that of the dense part and the view of the experts. A group of a family takes those
// that its topology has.
const std::vector<std::string> kTensor = {"tensor", "model"};
const std::vector<std::string> kExpertTensor = {"expert_tensor", "tensor", "model"};
const std::vector<std::string> kExpertData = {"expert_data", "data", "context"};

RecipeEntry family(std::string name, MemberSelection selection = MemberSelection::all) {
  return {std::move(name), selection};
}

std::vector<RecipeEntry> with_twin(const std::string& name) {
  return {family(name), {name + "_gloo", MemberSelection::all, BackendChoice::gloo}};
}

std::vector<std::string> joined(std::vector<std::string> axes, const std::vector<std::string>& more) {
  axes.insert(axes.end(), more.begin(), more.end());
  return axes;
}

RecipeBlock dense(std::vector<std::string> inside, std::vector<RecipeEntry> entries) {
  RecipeBlock made;
  made.inside = std::move(inside);
  made.entries = std::move(entries);
  return made;
}

RecipeBlock experts(std::vector<std::string> inside, std::vector<RecipeEntry> entries) {
  RecipeBlock made = dense(std::move(inside), std::move(entries));
  made.view = kMegatronExpertView;
  return made;
}

// Every context group, followed by its levels.
RecipeBlock context_block() {
  RecipeBlock made = dense({"context"}, {family("context")});
  made.view = kMegatronContextView;
  for (int level = 0; level < kMegatronContextLevelMax; ++level) {
    const std::string name = fmt::format("context_level_{}", level);
    made.inside.push_back(name);
    made.entries.push_back(family(name));
    made.entries.back().within = {name};
  }
  return made;
}

}  // namespace

Recipe megatron_recipe() {
  Recipe recipe;
  recipe.name = "megatron";
  recipe.required_axes = {{"pipe"}, {"data"}, {"tensor", "model"}};
  RecipeBlock whole_model = dense({}, {family("optimizer_instance")});
  whole_model.all_but = true;
  recipe.blocks = {
      dense({}, {family("weight_remat")}),
      dense({"data", "context"}, with_twin("data_context")),
      dense({"data"}, with_twin("data")),
      context_block(),
      dense(joined(kTensor, {"pipe"}), {family("model")}),
      dense(kTensor, {family("tensor")}),
      dense({"pipe"}, {family("pipe"), family("embedding", MemberSelection::first_and_last),
                       family("position_embedding", MemberSelection::first)}),
      dense(joined(kTensor, {"data", "context"}), {family("tensor_data_context")}),
      dense(joined(kTensor, {"data"}), {family("tensor_data")}),
      dense(joined(kTensor, {"context"}), {family("tensor_context")}),
      experts({}, {family("expert_weight_remat")}),
      experts({"expert"}, {family("expert")}),
      experts(kExpertTensor, {family("expert_tensor")}),
      experts(joined(kExpertTensor, {"expert"}), {family("expert_and_tensor")}),
      experts(joined(kExpertTensor, {"expert", "pipe"}), {family("expert_model")}),
      experts(joined(kExpertTensor, {"expert", "pipe"}), {family("expert_model_with_remat")}),
      experts(kExpertData, with_twin("expert_data")),
      std::move(whole_model),
  };
  return recipe;
}

}  // namespace gridlock
