#pragma once

#include <string>
#include <vector>

namespace gridlock {

/// What a machine has for GPU worlds.
struct GpuInventory {
  /// As ncclGetVersion and cuDriverGetVersion report them: 22809, 13000.
  int nccl_version = 0;
  int driver_version = 0;
  /// Names of the GPUs that this process may use.
  std::vector<std::string> gpus;
};

/// From this version on NCCL has an all_to_all, a gather and a scatter of its own (2.28.3).
inline constexpr int kNcclVersionOfAllOperations = 22803;

/// Looks in a process of its own, because a process that has used CUDA cannot fork ranks any more. Takes as
/// long as CUDA needs to start, at most kInventoryTimeMax. Throws InputError when a library is missing or
/// NCCL is older than kNcclVersionMin; a machine without a GPU has an empty list or, where the driver refuses
/// to start, an InputError.
GpuInventory take_gpu_inventory();

/// "NCCL 2.28.9, CUDA driver 13.0, 4 x NVIDIA H200"
std::string to_string(const GpuInventory& inventory);

/// Throws InputError when a world of that size does not fit: NCCL takes one GPU for each rank.
void check_fits(const GpuInventory& inventory, int world_size);

}  // namespace gridlock
