#include "harness/read/scenario_files.h"

#include <algorithm>
#include <filesystem>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

bool is_scenario(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return path.extension() == ".json" && !name.ends_with(".schema.json");
}

}  // namespace

std::vector<std::string> scenario_files(std::span<const std::string> paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::exists(path)) throw InputError(path, "no such file or folder");
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && is_scenario(entry.path())) found.push_back(entry.path().string());
    }
    if (found.empty()) throw InputError(path, "no scenario (*.json) in this folder");
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

}  // namespace gridlock
