#include "nccl_backend/gpu_inventory.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "nccl_backend/libraries.h"

namespace gridlock {
namespace {

const GpuInventory kFour = {22809, 13000, {"NVIDIA H200", "NVIDIA H200", "NVIDIA H200", "NVIDIA H200"}};

std::string refusal(const GpuInventory& inventory, int world_size) {
  try {
    check_fits(inventory, world_size);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(GpuInventory, SaysWhatTheMachineHas) {
  EXPECT_EQ(to_string(kFour), "NCCL 2.28.9, CUDA driver 13.0, 4 x NVIDIA H200");
  EXPECT_EQ(to_string({22105, 12040, {}}), "NCCL 2.21.5, CUDA driver 12.4, no GPU");
}

TEST(GpuInventory, AWorldFitsThatHasAGpuForEachRank) { EXPECT_EQ(refusal(kFour, 4), ""); }

TEST(GpuInventory, MoreRanksThanGpusAreRefusedBeforeAnythingStarts) {
  EXPECT_EQ(refusal(kFour, 5),
            "world: 5 ranks need 5 GPUs, this machine has 4\n"
            "  hint: NCCL takes one GPU for each rank; larger worlds run on the simulator");
}

TEST(GpuInventory, AMachineWithoutGpusIsRefused) {
  EXPECT_EQ(refusal({22809, 13000, {}}, 1),
            "--backend nccl: this machine has no GPU\n  hint: use --backend sim or gloo");
}

}  // namespace
}  // namespace gridlock
