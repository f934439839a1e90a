#include "harness/read/recipe_reader.h"

#include <utility>

#include "harness/read/read_context.h"

namespace gridlock {
namespace {

std::vector<std::string> read_names(const JsonCursor& list) {
  std::vector<std::string> names;
  for (const JsonCursor& item : list.items()) {
    check_name(item, item.string());
    names.push_back(item.string());
  }
  return names;
}

MemberSelection read_selected(const JsonCursor& cursor) {
  if (cursor.string() == "all") return MemberSelection::all;
  if (cursor.string() == "first") return MemberSelection::first;
  if (cursor.string() == "first_and_last") return MemberSelection::first_and_last;
  cursor.fail_name("selection of members", cursor.string(), {"all", "first", "first_and_last"});
}

RecipeEntry read_family(const JsonCursor& cursor) {
  if (cursor.is_string()) {
    check_name(cursor, cursor.string());
    return {cursor.string()};
  }
  cursor.check_keys({"name", "take", "gloo", "within"});
  const JsonCursor name = cursor.at("name");
  check_name(name, name.string());
  RecipeEntry entry{name.string()};
  if (const auto take = cursor.find("take")) entry.selection = read_selected(*take);
  if (const auto gloo = cursor.find("gloo"); gloo && gloo->boolean()) entry.backend = BackendChoice::gloo;
  if (const auto within = cursor.find("within")) entry.within = read_names(*within);
  return entry;
}

RecipeBlock read_block(const JsonCursor& cursor) {
  cursor.check_keys({"inside", "all_but", "view", "numbering", "families"});
  RecipeBlock block;
  block.all_but = cursor.has("all_but");
  if (block.all_but == cursor.has("inside"))
    cursor.fail("expected one of 'inside' and 'all_but'", "the axes on which the members of a group differ");
  block.inside = read_names(cursor.at(block.all_but ? "all_but" : "inside"));
  if (const auto view = cursor.find("view")) block.view = view->string();
  if (const auto numbering = cursor.find("numbering")) block.numbering = read_names(*numbering);
  for (const JsonCursor& family : cursor.at("families").items()) block.entries.push_back(read_family(family));
  if (block.entries.empty()) cursor.fail_key("families", "expected at least one family");
  return block;
}

}  // namespace

Recipe read_recipe(const JsonCursor& cursor) {
  if (!cursor.is_object()) return cursor.located([&] { return recipe_by_name(cursor.string()); });
  cursor.check_keys({"name", "registry", "blocks"});
  Recipe recipe;
  recipe.name = cursor.at("name").string();
  if (const auto registry = cursor.find("registry")) recipe.uses_registry = registry->boolean();
  for (const JsonCursor& block : cursor.at("blocks").items()) recipe.blocks.push_back(read_block(block));
  return recipe;
}

}  // namespace gridlock
