#include "tests/harness/small_worlds.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/read/scenario_files.h"

namespace gridlock {
namespace {

constexpr std::array<std::string_view, 3> kLeftOut{"/gpu_smoke/", "/grids/pp8_dp8_tp8.json",
                                                   "/grids/pp16_dp128_tp8.json"};

}  // namespace

std::vector<std::string> files_of_small_worlds() {
  std::vector<std::string> files =
      scenario_files(std::vector{std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/"});
  std::erase_if(files, [](const std::string& file) {
    return std::any_of(kLeftOut.begin(), kLeftOut.end(),
                       [&](std::string_view part) { return file.find(part) != std::string::npos; });
  });
  return files;
}

}  // namespace gridlock
