#include "tests/harness/scenario_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base/input_error.h"
#include "harness/read/scenario_reader.h"

namespace gridlock {

ScenarioFolder::ScenarioFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  folder_ =
      testing::TempDir() + test->test_suite_name() + "." + test->name() + "." + std::to_string(getpid());
  std::filesystem::create_directories(folder_);
}

ScenarioFolder::~ScenarioFolder() { std::filesystem::remove_all(folder_); }

void ScenarioFolder::write(const std::string& name, const std::string& text) const {
  std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  std::ofstream(path(name)) << text;
}

std::vector<Scenario> ScenarioFolder::load(const std::string& name, std::vector<Setting> settings) const {
  return load_scenarios(path(name), settings);
}

std::string ScenarioFolder::error(const std::string& name, std::vector<Setting> settings) const {
  try {
    load(name, std::move(settings));
  } catch (const InputError& error) {
    std::string text = error.what();
    for (std::size_t at = text.find(folder_); at != text.npos; at = text.find(folder_)) {
      text.erase(at, folder_.size() + 1);
    }
    return text;
  }
  return "";
}

Scenario scenario_from(const std::string& text) {
  const ScenarioFolder folder;
  folder.write("s.json", text);
  EXPECT_EQ(folder.error("s.json"), "");
  return folder.load("s.json").at(0);
}

std::string error_for(const std::string& text) {
  const ScenarioFolder folder;
  folder.write("s.json", text);
  return folder.error("s.json");
}

std::string with_steps(const std::string& steps) {
  return R"({"name": "s", "world": {"ranks": 8}, "grids": {"actor": {"recipe": "areal", "topology": )"
         R"({"pipe": 2, "data": 2, "tensor": 2}}}, "programs": [{"ranks": "all", "steps": [)"
         "\n" +
         steps + "\n]}]}";
}

}  // namespace gridlock
