#include "harness/read/profile_reader.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

std::string profile_error(const std::string& curves) {
  try {
    read_profile(parse_json(R"({"name": "p", "curves": )" + curves + "}", "p.json"));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ProfileReader, TheShippedProfilesRead) {
  ASSERT_FALSE(shipped_profiles().empty());
  for (const std::string& name : shipped_profiles()) EXPECT_EQ(load_profile(name, "")->name, name);
}

TEST(ProfileReader, WhatIsWrittenReadsBackTheSame) {
  const CostProfile profile{"p",
                            {{CallKind::all_reduce, 2, {{4, Nanos{8000}}, {4096, Nanos{9000}}}},
                             {CallKind::send, 4, {{1, Nanos{1}}}}}};
  EXPECT_EQ(read_profile(parse_json(profile_text(profile, "d"), "p.json")), profile);
}

TEST(ProfileReader, RefusesWhatIsNoProfile) {
  EXPECT_EQ(profile_error(R"([])"), "p.json:1:25: /curves: expected at least one curve");
  EXPECT_EQ(profile_error(R"([{"operation": "al_reduce", "ranks": 2, "points": [[1, 2]]}])"),
            "p.json:1:40: /curves/0/operation: there is no operation 'al_reduce'\n  hint: did you mean "
            "'all_reduce'?");
  EXPECT_EQ(profile_error(R"([{"operation": "send", "ranks": 2, "points": [[4, 2], [4, 3]]}])"),
            "p.json:1:79: /curves/0/points/1: expected more than the 4 bytes before, got 4");
  EXPECT_EQ(profile_error(R"([{"operation": "send", "ranks": 1, "points": [[4, 2]]}])"),
            "p.json:1:57: /curves/0/ranks: expected an integer from 2 to 2147483647, got 1");
  EXPECT_EQ(profile_error(R"([{"operation": "send", "ranks": 2, "points": [[1, 2]]},
{"operation": "send", "ranks": 2, "points": [[1, 2]]}])"),
            "p.json:2:1: /curves/1: send over 2 ranks is there already");
}

TEST(ProfileReader, AScenarioNamesAShippedProfileOrAFileBesideIt) {
  const ScenarioFolder folder;
  const auto scenario = [](const std::string& name) {
    return R"({"world": {"ranks": 2}, "programs": [], "cost": {"profile": ")" + name + "\"}}";
  };
  folder.write("shipped.json", scenario("h200_nvlink"));
  EXPECT_EQ(folder.load("shipped.json")[0].options.cost.profile->name, "h200_nvlink");
  folder.write("mine.profile.json", R"({"name": "mine", "curves":
    [{"operation": "send", "ranks": 2, "points": [[1, 2]]}]})");
  folder.write("own.json", scenario("mine.profile.json"));
  EXPECT_EQ(folder.load("own.json")[0].options.cost.profile->name, "mine");
  folder.write("wrong.json", scenario("h200_nvlnk"));
  EXPECT_EQ(folder.error("wrong.json"),
            "wrong.json:1:61: /cost/profile: there is no such profile\n  hint: did you mean 'h200_nvlink'?");
}

}  // namespace
}  // namespace gridlock
