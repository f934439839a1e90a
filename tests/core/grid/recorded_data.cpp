#include "tests/core/grid/recorded_data.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/base/check.h"

namespace gridlock::testing {

std::vector<Json> recorded_files(const std::string& prefix) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(GRIDLOCK_SOURCE_DIR "/tests/data")) {
    const std::string name = entry.path().filename();
    if (name.rfind(prefix, 0) == 0 && entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  GRIDLOCK_CHECK(!paths.empty());
  std::vector<Json> files;
  for (const auto& path : paths) files.push_back(Json::parse(std::ifstream(path)));
  return files;
}

ProcessTopology recorded_topology(const Json& topology) {
  return {topology.at("axes").get<std::vector<std::string>>(),
          topology.at("dims").get<std::vector<std::int64_t>>()};
}

std::string as_test_name(std::string id) {
  std::replace_if(
      id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return id;
}

Json lists_of(const GroupList& groups) { return Json(groups.to_vectors()); }

}  // namespace gridlock::testing
