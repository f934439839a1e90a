#include "tests/harness/small_worlds.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/read/scenario_files.h"
#include "harness/read/scenario_reader.h"

namespace gridlock {
namespace {

TEST(SmallWorlds, LeaveOutExactlyTheLargerOnesAndThoseForGpus) {
  const std::vector<std::string> small = files_of_small_worlds();
  for (const std::string& file :
       scenario_files(std::vector{std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/"})) {
    if (file.find("/gpu_smoke/") != std::string::npos) continue;
    const bool is_listed = std::find(small.begin(), small.end(), file) != small.end();
    EXPECT_EQ(is_listed, load_scenarios(file).front().world_size <= kSmallWorldMax) << file;
  }
}

}  // namespace
}  // namespace gridlock
