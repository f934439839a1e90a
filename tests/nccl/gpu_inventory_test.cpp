#include "nccl_backend/gpu_inventory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/input_error.h"
#include "launch/run_directory.h"
#include "tests/nccl_stand_in/stand_in_machine.h"

namespace gridlock {
namespace {

const GpuInventory kFour = {22809,
                            13000,
                            {"NVIDIA H200", "NVIDIA H200", "NVIDIA H200", "NVIDIA H200"},
                            {"00000000:0A:00.0", "00000000:18:00.0", "00000000:3B:00.0", "00000000:44:00.0"}};

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
  EXPECT_EQ(to_string({22105, 12040, {}, {}}), "NCCL 2.21.5, CUDA driver 12.4, no GPU");
}

TEST(GpuInventory, AWorldFitsThatHasAGpuForEachRank) { EXPECT_EQ(refusal(kFour, 4), ""); }

TEST(GpuInventory, MoreRanksThanGpusAreRefusedBeforeAnythingStarts) {
  EXPECT_EQ(refusal(kFour, 5),
            "world: 5 ranks need 5 GPUs, this machine has 4\n"
            "  hint: NCCL takes one GPU for each rank; larger worlds run on the simulator");
}

TEST(GpuInventory, AMachineWithoutGpusIsRefused) {
  EXPECT_EQ(refusal({22809, 13000, {}, {}}, 1),
            "--backend nccl: this machine has no GPU\n  hint: use --backend sim or gloo");
}

/// What is said instead of an inventory.
std::string refusal_to_look(const GpuApi& api) {
  try {
    return to_string(look_for_gpus(api));
  } catch (const InputError& error) {
    return error.what();
  }
}

/// Libraries of a machine with one GPU.
class GpuLook : public testing::Test {
 protected:
  GpuLook() : machine_(1, {}), api_(machine_.api(0, [] { return false; })) {}

  StandInMachine machine_;
  GpuApi api_;
};

TEST_F(GpuLook, FindsTheGpusOfTheMachine) {
  api_.nccl.get_version = [](int* version) { return *version = 21801, kNcclSuccess; };
  EXPECT_EQ(refusal_to_look(api_), "NCCL 2.18.1, CUDA driver 13.0, 1 x stand-in");
  EXPECT_EQ(look_for_gpus(api_).bus_ids, std::vector<std::string>{"00000000:00:00.0"});
}

TEST_F(GpuLook, RefusesAnNcclThatIsTooOld) {
  api_.nccl.get_version = [](int* version) { return *version = 21703, kNcclSuccess; };
  EXPECT_EQ(refusal_to_look(api_),
            "--backend nccl: NCCL 2.17.3 is too old\n  hint: NCCL 2.18.1 or later is needed");
}

TEST_F(GpuLook, TellsThatTheDriverDoesNotStart) {
  api_.cuda.init = [](unsigned) { return 100; };
  api_.cuda.error_name = [](int, const char** name) { return *name = "CUDA_ERROR_NO_DEVICE", kCudaSuccess; };
  EXPECT_EQ(refusal_to_look(api_),
            "--backend nccl: cuInit: CUDA_ERROR_NO_DEVICE\n"
            "  hint: the CUDA driver does not start here; without a GPU use --backend sim or gloo");
}

TEST(GpuOfARank, IsTheOneWithItsNumberOrTheOnlyOne) {
  EXPECT_EQ(device_of(kFour, 3), 3);
  EXPECT_EQ(device_of({22809, 13000, {"NVIDIA H200"}, {"00000000:18:00.0"}}, 3), 0);
  try {
    device_of(kFour, 4);
    FAIL() << "a fifth rank on four GPUs";
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "--backend nccl: local rank 4 needs 5 GPUs, this machine has 4\n"
        "  hint: NCCL takes one GPU for each rank: start no more ranks on a machine than it has GPUs");
  }
}

TEST(GpuOfARank, IsRefusedToASecondRank) {
  const RunDirectory directory;
  const PostBoard board(directory.path());
  claim_gpu(board, 0, kFour, 1, "machine");
  claim_gpu(board, 2, kFour, 2, "machine");
  try {
    claim_gpu(board, 5, kFour, 1, "machine");
    FAIL() << "two ranks on one GPU";
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "--backend nccl: rank 5 would use the GPU that rank 0 uses (GPU 1, 00000000:18:00.0)\n"
        "  hint: NCCL takes one GPU for each rank: start no more ranks on a machine than it has GPUs");
  }
}

TEST(GpuOfARank, IsSharedByRanksThatNcclTakesForHostsOfTheirOwn) {
  const RunDirectory directory;
  const PostBoard board(directory.path());
  claim_gpu(board, 0, kFour, 1, "host one");
  claim_gpu(board, 1, kFour, 1, "host two");
  EXPECT_THROW(claim_gpu(board, 2, kFour, 1, "host two"), InputError);
}

}  // namespace
}  // namespace gridlock
