#include "tests/tree/scenario_files.h"

#include <map>
#include <nlohmann/json.hpp>

namespace gridlock::tree {
namespace {

/// What is wrong with the file, or "". `owners` holds the files of the names seen before.
std::string complaint(const SourceFile& file, std::map<std::string, std::string>& owners) {
  if (!file.path.ends_with(".json")) return "no scenario: not a .json file";
  const auto scenario =
      nlohmann::json::parse(file.text, nullptr, /*allow_exceptions=*/false, /*ignore_comments=*/true);
  if (scenario.is_discarded()) return "no scenario: not JSON";
  if (!scenario.is_object() || !scenario.contains("name") || !scenario["name"].is_string())
    return "no \"name\"";
  const auto [owner, is_new] = owners.emplace(scenario["name"].get<std::string>(), file.path);
  return is_new ? "" : "has the name of " + owner->second;
}

}  // namespace

Findings check_scenario_files(const SourceFiles& files) {
  std::map<std::string, std::string> owners;
  Findings findings;
  for (const SourceFile& file : files) {
    if (file.folder() != "scenarios" || file.path.starts_with("scenarios/schema/") ||
        file.path.starts_with("scenarios/histories/") || file.path.ends_with(".md") ||
        file.path.ends_with(".csv"))
      continue;
    const std::string message = complaint(file, owners);
    if (!message.empty()) findings.push_back({file.path, 0, message});
  }
  return findings;
}

}  // namespace gridlock::tree
