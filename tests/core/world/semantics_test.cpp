#include "core/world/semantics.h"

#include <gtest/gtest.h>

#include <set>

namespace gridlock {
namespace {

Semantics preset(std::string_view name) { return *preset_from_name(name); }

TEST(SemanticsPresets, DifferWhereTheirNamesSayThatTheyDo) {
  EXPECT_EQ(preset("nccl").send_capacity_bytes, 67'108'864);
  EXPECT_EQ(preset("nccl_strict").send_capacity_bytes, 0);
  EXPECT_EQ(preset("nccl_strict").kernel_slots, 1);
  EXPECT_TRUE(preset("torch_nccl").pair_communicators);
  EXPECT_FALSE(preset("torch_nccl_eager").pair_communicators);
  EXPECT_TRUE(preset("gloo").blocks_host);
  EXPECT_FALSE(preset_from_name("ncll").has_value());
  for (std::size_t i = 0; i < all_presets().size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_NE(all_presets()[i].semantics, all_presets()[j].semantics) << all_presets()[i].name;
  }
}

// A row that were missing, or that set another field than it reads, would leave a difference.
TEST(SemanticsKnobs, TogetherAreTheWholeOfSemantics) {
  std::set<std::string_view> names;
  for (const SemanticsPreset& from : all_presets()) {
    Semantics copy;
    for (const SemanticsKnob& knob : all_knobs()) {
      names.insert(knob.name);
      knob.set(copy, knob.get(from.semantics));
    }
    EXPECT_EQ(copy, from.semantics) << from.name;
  }
  EXPECT_EQ(names.size(), all_knobs().size());
}

TEST(SemanticsKnobs, ChangeOneFieldEach) {
  for (const SemanticsKnob& knob : all_knobs()) {
    Semantics changed;
    knob.set(changed, knob.get(changed) == 1 ? 0 : 1);
    int differences = 0;
    for (const SemanticsKnob& other : all_knobs())
      differences += other.get(changed) != other.get(Semantics{});
    EXPECT_EQ(differences, 1) << knob.name;
  }
}

}  // namespace
}  // namespace gridlock
