#include "launch/plan_wire.h"

#include <string>
#include <utility>
#include <vector>

namespace gridlock {

// Found by name lookup from Encoder and Decoder, which call them for everything that is not plain bytes.
template <typename Archive>
void fields(Archive& archive, RecipeEntry& entry) {
  archive(entry.family);
  archive(entry.selection);
  archive(entry.backend);
  archive(entry.within);
}

template <typename Archive>
void fields(Archive& archive, RecipeBlock& block) {
  archive(block.view);
  archive(block.of_world);
  archive(block.inside);
  archive(block.all_but);
  archive(block.numbering);
  archive(block.needs);
  archive(block.entries);
}

template <typename Archive>
void fields(Archive& archive, Recipe& recipe) {
  archive(recipe.name);
  archive(recipe.required_axes);
  archive(recipe.uses_registry);
  archive(recipe.blocks);
}

namespace {

void encode_topology(Encoder& out, const ProcessTopology& topology) {
  out(topology.get_axis_names());
  out(topology.sizes());
  out(topology.options());
}

ProcessTopology decode_topology(Decoder& in) {
  auto axes = in.read<std::vector<std::string>>();
  const auto sizes = in.read<std::vector<RankId>>();
  const auto options = in.read<TopologyOptions>();
  return ProcessTopology(std::move(axes), {sizes.begin(), sizes.end()}, options);
}

void encode_mapping(Encoder& out, const RankMapping& mapping) {
  std::vector<RankId> world;
  for (RankId rank = 0; rank < mapping.size(); ++rank) world.push_back(mapping.to_world(rank));
  out(world);
}

}  // namespace

void encode(Encoder& out, const CallNotes& notes) {
  out(notes.device);
  out(notes.tag);
  out(notes.kept_by);
  out(notes.content);
}

CallNotes decode_call_notes(Decoder& in) {
  CallNotes notes;
  in(notes.device);
  in(notes.tag);
  in(notes.kept_by);
  in(notes.content);
  return notes;
}

void encode(Encoder& out, const GroupSpec& spec) {
  out(spec.members.to_vector());
  out(spec.backend);
  out(spec.timeout);
  out(spec.name);
  out(spec.members_only);
  out(spec.passed.to_vector());
}

GroupSpec decode_group_spec(Decoder& in) {
  GroupSpec spec;
  spec.members = Members::ordered(in.read<std::vector<RankId>>());
  in(spec.backend);
  in(spec.timeout);
  in(spec.name);
  in(spec.members_only);
  spec.passed = Members::ordered(in.read<std::vector<RankId>>());
  return spec;
}

void encode(Encoder& out, const Plan& plan) {
  const GridSpec& spec = plan.spec();
  encode_topology(out, spec.topology);
  out(spec.recipe);
  encode_mapping(out, spec.mapping);
  out(spec.backend);
  out(spec.timeout);
  out(spec.views.size());
  for (const TopologyView& view : spec.views) {
    out(view.name);
    encode_topology(out, view.topology);
  }
}

std::shared_ptr<const Plan> decode_plan(Decoder& in, RankId world_size) {
  ProcessTopology topology = decode_topology(in);
  auto recipe = in.read<Recipe>();
  RankMapping mapping = RankMapping::list(in.read<std::vector<RankId>>());
  GridSpec spec{std::move(topology), std::move(recipe), std::move(mapping)};
  in(spec.backend);
  in(spec.timeout);
  const auto view_count = in.read<std::size_t>();
  for (std::size_t i = 0; i < view_count; ++i) {
    auto view_name = in.read<std::string>();
    spec.views.push_back({std::move(view_name), decode_topology(in)});
  }
  return std::make_shared<Plan>(std::move(spec), world_size);
}

}  // namespace gridlock
