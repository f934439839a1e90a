#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/run/runner.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

/// Takes everything; named as no simulator is.
class OtherWorld final : public World {
 public:
  std::string_view name() const override { return "other"; }
  RunResult run(const RunOptions&, const RankProgram&, SiteTable) override { return {}; }
};

/// What is said before the steps are run on a world of real processes; "" when they are run.
std::string refusal(const std::string& steps, const RunOptions& options = {}) {
  OtherWorld world;
  try {
    (void)run_case(std::make_shared<const Scenario>(scenario_from(with_steps(steps))), world, options);
  } catch (const InputError& error) {
    const std::string text = error.what();
    return text.substr(text.find("s.json"));
  }
  return "";
}

TEST(RealWorld, StepsThatOnlyTheSimulatorCanAreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal(R"({"repeat": 2, "steps": [{"parallel": [{"steps": []}], "label": "save"}]})"),
            "s.json:2: 'save' runs several host threads on one rank, which the world 'other' cannot\n"
            "  hint: run it on sim");
  EXPECT_EQ(refusal(R"({"split": {"name": "half", "group": "world", "color": 0, "key": 0}})"),
            "s.json:2: 'split' splits a group, which the world 'other' cannot\n  hint: run it on sim");
  EXPECT_EQ(refusal(R"({"shrink": {"name": "rest", "group": "world", "ranks": [0, 1]}, "only": [0, 1]})"),
            "s.json:2: 'shrink' shrinks a group, which the world 'other' cannot\n  hint: run it on sim");
  EXPECT_EQ(refusal(R"({"abort": "world"})"),
            "s.json:2: 'abort' aborts a group, which the world 'other' cannot\n  hint: run it on sim");
  EXPECT_EQ(refusal(R"({"new_group": {"name": "pair", "ranks": [0, 1], "sync": "members"}})"),
            "s.json:2: 'new_group' makes a group by its members alone, which the world 'other' cannot\n"
            "  hint: run it on sim");
}

TEST(RealWorld, FaultsAreRefused) {
  RunOptions options;
  options.faults.emplace_back();
  EXPECT_EQ(refusal(R"({"barrier": {"group": "world"}})", options),
            "s.json: faults cannot be injected into the world 'other'\n"
            "  hint: run it on sim, or take the faults out");
}

TEST(RealWorld, WhatItCanIsRun) {
  EXPECT_EQ(refusal(R"({"new_group": {"name": "pair", "ranks": [0, 1]}}, {"barrier": {"group": "world"}})"),
            "");
}

}  // namespace
}  // namespace gridlock
