// Hangs that people reported, each a scenario and its repair, at their size and inside a larger world.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/read/scenario_files.h"
#include "harness/read/scenario_reader.h"
#include "harness/run/runner.h"
#include "sim/sim_world.h"

namespace gridlock {
namespace {

using Json = nlohmann::ordered_json;

const std::string kFolder = std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/corpus";
constexpr RankId kLargeWorld = 64;

bool is_fixed(const std::string& file) { return file.ends_with(".fixed.json"); }

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// A scenario put on the first ranks of a larger world, whose other ranks reduce in a group of their own.
class Embedding {
 public:
  explicit Embedding(const std::string& plain) : json_(Json::parse(plain)), size_(json_["world"]["ranks"]) {}

  Json take() {
    json_["name"] = json_["name"].get<std::string>() + " in a larger world";
    json_["world"]["ranks"] = kLargeWorld;
    adapt(json_["programs"]);
    adapt_expectation();
    Json programs = Json::array();
    programs.push_back({{"ranks", "all"}, {"steps", {group("others", others()), group("case", ours())}}});
    programs.push_back({{"ranks", others()}, {"steps", shared_creations()}});
    const Json reduce = {{"all_reduce", {{"group", "others"}, {"count", 8}}}};
    programs.push_back({{"ranks", others()}, {"steps", {{{"repeat", 3}, {"steps", {reduce}}}}}});
    for (Json& program : json_["programs"]) programs.push_back(program);
    json_["programs"] = programs;
    return json_;
  }

 private:
  static Json group(const std::string& name, const std::string& ranks) {
    return {{"new_group", {{"name", name}, {"ranks", ranks}}}};
  }
  std::string ours() const { return "0-" + std::to_string(size_ - 1); }
  std::string others() const { return std::to_string(size_) + "-" + std::to_string(kLargeWorld - 1); }

  /// Groups that all ranks of the case make are made by all ranks of the world.
  Json shared_creations() const {
    Json steps = Json::array();
    for (const Json& program : json_["programs"]) {
      if (program["ranks"] != ours()) continue;
      for (const Json& step : program["steps"]) {
        const bool is_shared = step.contains("new_group") && !step["new_group"].contains("sync");
        if (is_shared) steps.push_back(step);
      }
    }
    return steps;
  }

  /// The group "world" and "all" ranks are those of the case, and tables have values for all ranks.
  void adapt(Json& node) const {
    if (node == "world") node = "case";
    if (node == "all") node = ours();
    const bool is_table = node.is_object() && node.value("by", Json()) == "rank";
    for (Json& child : node) {
      if (node.is_structured()) adapt(child);
    }
    while (is_table && node["values"].size() < kLargeWorld) node["values"].push_back(node["values"].back());
  }

  void adapt_expectation() {
    if (!json_.contains("expect") || !json_["expect"].contains("first_divergence")) return;
    Json& sides = json_["expect"]["first_divergence"];
    if (sides.is_null()) return;
    for (Json& side : sides) {
      std::string call = side["call"];
      replace(call, " world", " case");
      replace(call, "creation #1", "creation #3");  // two groups were made before
      side["call"] = call;
    }
  }

  Json json_;
  RankId size_;
};

CaseResult run_file(const std::string& path) {
  const auto scenario = std::make_shared<const Scenario>(std::move(load_scenarios(path).front()));
  SimWorld world;
  return run_case(scenario, world, scenario->options);
}

class CorpusCase : public ::testing::TestWithParam<std::string> {};

TEST_P(CorpusCase, IsJudgedTheSameInsideALargerWorld) {
  const std::string plain = load_scenarios(GetParam()).front().plain;
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / (test_name({GetParam(), 0}) + ".large.json");
  std::ofstream(path) << Embedding(plain).take().dump(2);
  const CaseResult result = run_file(path.string());
  std::filesystem::remove(path);
  EXPECT_THAT(result.unmet, ::testing::IsEmpty());
}

TEST_P(CorpusCase, SaysWhatIsExpectedAndWhereItWasSeen) {
  std::ifstream file(GetParam());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Expectation expect = load_scenarios(GetParam()).front().expect;
  if (is_fixed(GetParam())) {
    EXPECT_EQ(expect.outcome, Outcome::passed);
    EXPECT_THAT(expect.warnings, ::testing::Optional(::testing::IsEmpty()));
    return;
  }
  EXPECT_THAT(text, ::testing::HasSubstr("// https://github.com/"));
  EXPECT_TRUE(std::filesystem::exists(GetParam().substr(0, GetParam().size() - 4) + "fixed.json"));
  if (expect.outcome == Outcome::passed) {
    EXPECT_THAT(expect.warnings, ::testing::Optional(::testing::Not(::testing::IsEmpty())));
  }
}

INSTANTIATE_TEST_SUITE_P(Of, CorpusCase, ::testing::ValuesIn(scenario_files(std::vector{kFolder})),
                         test_name);

}  // namespace
}  // namespace gridlock
