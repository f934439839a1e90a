#include "harness/run/warning_policy.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/read/warning_policy_reader.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

Verdict verdict_with(std::vector<Code> warnings) {
  Verdict verdict;
  for (const Code code : warnings) {
    Diagnosis& added = verdict.diagnoses.emplace_back();
    added.code = code;
    added.severity = Severity::warning;
  }
  return verdict;
}

WarningPolicy policy(std::vector<Code> fail_on, std::vector<AcceptedWarning> accepted = {}) {
  return {false, std::move(fail_on), std::move(accepted)};
}

TEST(WarningPolicy, FailsOnlyOnTheCodesThatItNames) {
  const Verdict verdict = verdict_with({Code::BUFFER_RACE, Code::COMM_ORDER_RISK, Code::BUFFER_RACE});
  EXPECT_EQ(apply_policy(policy({Code::BUFFER_RACE}), "s", verdict).failing, std::vector{Code::BUFFER_RACE});
  EXPECT_EQ(apply_policy(policy({Code::LABEL_MISMATCH}), "s", verdict).failing, std::vector<Code>());
  EXPECT_EQ(apply_policy({}, "s", verdict).failing, std::vector<Code>());
  EXPECT_EQ(apply_policy({true, {}, {}}, "s", verdict).failing,
            (std::vector{Code::BUFFER_RACE, Code::COMM_ORDER_RISK}));
}

TEST(WarningPolicy, LeavesErrorsToTheOutcome) {
  Verdict verdict = verdict_with({Code::BUFFER_RACE});
  verdict.diagnoses[0].severity = Severity::error;
  EXPECT_EQ(apply_policy({true, {}, {}}, "s", verdict).failing, std::vector<Code>());
}

TEST(WarningPolicy, AnAcceptedWarningPassesInItsScenarioAndTheCellsOfIt) {
  const Verdict verdict = verdict_with({Code::BUFFER_RACE});
  const WarningPolicy accepting = policy({Code::BUFFER_RACE}, {{Code::BUFFER_RACE, "step", "known"}});
  EXPECT_EQ(apply_policy(accepting, "step", verdict).failing, std::vector<Code>());
  EXPECT_EQ(apply_policy(accepting, "step[pipe=2]", verdict).failing, std::vector<Code>());
  EXPECT_EQ(apply_policy(accepting, "step2", verdict).failing, std::vector{Code::BUFFER_RACE});
  EXPECT_EQ(apply_policy(accepting, "ste", verdict).failing, std::vector{Code::BUFFER_RACE});
}

TEST(WarningPolicy, AnEntryWithoutAScenarioCountsEverywhereAndForItsCodeOnly) {
  const WarningPolicy accepting =
      policy({Code::BUFFER_RACE, Code::COMM_ORDER_RISK}, {{Code::BUFFER_RACE, "", "known"}});
  const PolicyFindings found =
      apply_policy(accepting, "s", verdict_with({Code::BUFFER_RACE, Code::COMM_ORDER_RISK}));
  EXPECT_EQ(found.failing, std::vector{Code::COMM_ORDER_RISK});
  EXPECT_EQ(found.accepted, std::vector<std::size_t>{0});
}

TEST(WarningPolicy, WhatTheScenarioExpectsIsAccepted) {
  const Verdict verdict = verdict_with({Code::BUFFER_RACE});
  const std::vector<Code> expected = {Code::BUFFER_RACE};
  EXPECT_EQ(apply_policy({true, {}, {}}, "s", verdict, expected).failing, std::vector<Code>());
  EXPECT_EQ(apply_policy({true, {}, {}}, "s", verdict, std::vector<Code>()).failing, expected);
}

TEST(WarningPolicy, ReadsTheCodesAndTheFile) {
  ScenarioFolder folder;
  folder.write("accept.json", R"({"accept": [
    {"code": "BUFFER_RACE", "scenario": "step", "reason": "one writer, by design"}]})");
  const WarningPolicy read = read_warning_policy("COMM_ORDER_RISK,any", folder.path("accept.json"));
  EXPECT_TRUE(read.fails_on_any);
  EXPECT_EQ(read.fail_on, std::vector{Code::COMM_ORDER_RISK});
  ASSERT_EQ(read.accepted.size(), 1U);
  EXPECT_EQ(read.accepted[0].code, Code::BUFFER_RACE);
  EXPECT_EQ(read.accepted[0].scenario, "step");
  EXPECT_EQ(read.accepted[0].reason, "one writer, by design");
}

std::string refusal(const std::string& fail_on, const std::string& text) {
  ScenarioFolder folder;
  const std::string file = text.empty() ? "" : folder.path("accept.json");
  if (!text.empty()) folder.write("accept.json", text);
  try {
    read_warning_policy(fail_on, file);
  } catch (const InputError& error) {
    const std::string what = error.what();
    return what.starts_with('/') ? what.substr(what.find("accept.json")) : what;
  }
  return "";
}

TEST(WarningPolicy, RefusesCodesThatDoNotExistAndEntriesWithoutAReason) {
  EXPECT_EQ(refusal("BUFER_RACE", ""),
            "--fail-on: there is no diagnosis 'BUFER_RACE'\n  hint: did you mean 'BUFFER_RACE'?");
  EXPECT_EQ(refusal("any", R"({"accept": [{"code": "BUFER_RACE", "reason": "x"}]})"),
            "accept.json:1:22: /accept/0/code: there is no diagnosis 'BUFER_RACE'\n  hint: did you mean "
            "'BUFFER_RACE'?");
  EXPECT_EQ(refusal("any", R"({"accept": [{"code": "BUFFER_RACE", "reason": ""}]})"),
            "accept.json:1:47: /accept/0/reason: a warning is accepted for a reason, and this is empty");
  EXPECT_EQ(
      refusal("", R"({"accept": []})"),
      "--accept: without --fail-on no warning makes a run fail\n  hint: add --fail-on any, or the codes that "
      "must not come up");
}

}  // namespace
}  // namespace gridlock
