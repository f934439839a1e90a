#include "harness/run/world_size.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

std::string told(const Scenario& scenario, std::int64_t memory_max) {
  try {
    check_world_size(scenario, memory_max);
  } catch (const InputError& error) {
    return error.message();
  }
  return "accepted";
}

// areal on pipe 1 x data 256 x tensor 4, without gloo twins: 256 model groups (those of tensor have the same
// members), 4 of data, 1,024 of one stage (those of embeddings are the same) and one of all ranks.
TEST(WorldSize, ranks_and_groups_that_cannot_fit_are_refused) {
  const Scenario scenario = scenario_from(
      R"({"world": {"ranks": 1024}, "grids": {"g": {"recipe": "areal", "gloo_twins": false,
          "topology": {"pipe": 1, "data": 256, "tensor": 4}}}, "programs": []})");
  constexpr std::int64_t kLeast = 1024 * (340 + 260) + (256 + 4 + 1024 + 1) * 480;
  EXPECT_EQ(told(scenario, kLeast), "accepted");
  EXPECT_EQ(told(scenario, kLeast - 1),
            "1024 ranks with 1285 groups take at least 1 MiB, and a run may take 1 MiB here");
}

TEST(WorldSize, a_world_of_millions_of_ranks_is_told_in_mebibytes) {
  const Scenario scenario = scenario_from(R"({"world": {"ranks": 16777216}, "programs": []})");
  EXPECT_EQ(told(scenario, std::int64_t{16} << 30U), "accepted");
  EXPECT_EQ(told(scenario, std::int64_t{2} << 30U),
            "16777216 ranks with 0 groups take at least 5440 MiB, and a run may take 2048 MiB here");
}

}  // namespace
}  // namespace gridlock
