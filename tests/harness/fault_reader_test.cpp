#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/read/json_document.h"
#include "harness/read/scenario_reader.h"

namespace gridlock {
namespace {

Scenario read(const std::string& more) {
  const std::string text = R"({"world": {"ranks": 4}, "programs": [{"ranks": "all", "steps": [
    {"repeat": 3, "as": "step", "steps": [{"repeat": 2, "as": "m", "steps": [
      {"barrier": {"group": "world"}, "label": "forward"}]}]}]}], )" +
                           more + "}";
  return read_scenario(parse_json(text, "s.json"), {});
}

std::string complaint(const std::string& more) {
  try {
    (void)read(more);
  } catch (const InputError& error) {
    return error.message() + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "";
}

TEST(FaultReader, ReadsEveryKindWithItsTrigger) {
  const Scenario scenario = read(R"("faults": [
    {"crash": [2], "at": {"time": "2s"}}, {"slow": "0-1", "factor": 10, "at": {"call": 5}},
    {"delay": 0, "peers": [3], "by": "5ms"}, {"hang": [1], "at": {"label": "forward", "m": 1}}])");
  const std::vector<Fault>& faults = scenario.options.faults;
  ASSERT_EQ(faults.size(), 4U);
  EXPECT_EQ(faults[0].at.time, Nanos(std::chrono::seconds(2)));
  EXPECT_EQ(faults[1].ranks, RankSet({0, 1}));
  EXPECT_EQ(faults[1].factor, 10);
  EXPECT_EQ(faults[1].at.call, 5);
  EXPECT_EQ(faults[2].duration, Nanos(5'000'000));
  EXPECT_EQ(faults[2].peers, RankSet({3}));
  EXPECT_EQ(faults[3].at.by, FaultTrigger::By::step);
}

TEST(FaultReader, NamesTurnsOfTheLoopsAroundTheStep) {
  const Scenario scenario = read(R"("faults": [{"crash": 1, "at": {"label": "forward", "m": 1}}])");
  EXPECT_EQ(scenario.options.faults[0].at.turns[0], 1);
  EXPECT_EQ(scenario.options.faults[0].at.turns[1], -1);
}

TEST(FaultReader, RefusesWhatDoesNotExist) {
  EXPECT_EQ(complaint(R"("faults": [{"at": {"call": 1}}])"),
            "the fault has no kind | one of: crash, exit, exception, hang, slow, delay, corrupt");
  EXPECT_EQ(complaint(R"("faults": [{"crash": 1, "at": {"label": "foward"}}])"),
            "there is no step with the label 'foward' | did you mean 'forward'?");
  EXPECT_EQ(complaint(R"("faults": [{"crash": 1, "at": {"time": 1, "call": 1}}])"),
            "expected one of 'time', 'call' and 'label'");
  EXPECT_EQ(complaint(R"("faults": [{"corrupt": 1, "at": {"time": 1}}])"),
            "a corrupted payload needs the call or the label whose output it is | at: {\"call\": 1}");
}

TEST(SemanticsReader, PutsKnobsOverAPreset) {
  const Semantics semantics =
      read(
          R"("semantics": {"preset": "nccl_strict", "kernel_slots": 3, "on_timeout": "raise", "timeout": "60s"})")
          .options.semantics;
  EXPECT_EQ(semantics.kernel_slots, 3);
  EXPECT_EQ(semantics.send_capacity_bytes, 0);
  EXPECT_EQ(semantics.on_timeout, TimeoutAction::raise);
  EXPECT_EQ(semantics.timeout_ns, 60'000'000'000);
  EXPECT_EQ(read(R"("seed": 1)").options.semantics, *preset_from_name("torch_nccl"));
}

TEST(SemanticsReader, RefusesUnknownPresetsAndWords) {
  EXPECT_EQ(complaint(R"("semantics": {"preset": "torch_ncl"})"),
            "there is no preset 'torch_ncl' | did you mean 'torch_nccl'?");
  EXPECT_EQ(complaint(R"("semantics": {"on_mismatch": "emulated"})"),
            "there is no on_mismatch 'emulated' | did you mean 'emulate'?");
  EXPECT_EQ(complaint(R"("semantics": {"kernel_slot": 1})"),
            "unknown key 'kernel_slot' | did you mean 'kernel_slots'?");
}

}  // namespace
}  // namespace gridlock
