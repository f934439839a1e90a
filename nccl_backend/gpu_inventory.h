#pragma once

#include <string>
#include <vector>

#include "core/base/units.h"
#include "launch/post_board.h"
#include "nccl_backend/libraries.h"

namespace gridlock {

/// What a machine has for GPU worlds.
struct GpuInventory {
  /// As ncclGetVersion and cuDriverGetVersion report them: 22809, 13000.
  int nccl_version = 0;
  int driver_version = 0;
  /// Names of the GPUs that this process may use.
  std::vector<std::string> gpus;
  /// Where each is on the machine's PCI bus: "00000000:19:00.0".
  std::vector<std::string> bus_ids;
};

/// From this version on NCCL has an all_to_all, a gather and a scatter of its own (2.28.3).
inline constexpr int kNcclVersionOfAllOperations = 22803;

/// What the libraries say of this machine. Initialises CUDA. Throws InputError when NCCL is older than
/// kNcclVersionMin, or CUDA does not start.
GpuInventory look_for_gpus(const GpuApi& api);

/// look_for_gpus in a process of its own, because a process that has used CUDA cannot fork ranks any more.
/// Takes as long as CUDA needs to start, at most kInventoryTimeMax. Throws InputError when a library is
/// missing or NCCL is older than kNcclVersionMin; a machine without a GPU has an empty list or, where the
/// driver refuses to start, an InputError.
GpuInventory take_gpu_inventory();

/// "NCCL 2.28.9, CUDA driver 13.0, 4 x NVIDIA H200"
std::string to_string(const GpuInventory& inventory);

/// The GPU of a rank that somebody else's launcher started: the one with its number on the machine, or the
/// only one that its process may use. Throws InputError when there is none.
int device_of(const GpuInventory& inventory, int local_rank);

/// Notes on the run's board that a rank takes GPU `device` of its host (nccl_host_name). Throws InputError
/// when another rank of the run has taken it: NCCL would find that out when all are connected, and not say
/// who.
void claim_gpu(const PostBoard& board, RankId rank, const GpuInventory& inventory, int device,
               const std::string& host);

/// Throws InputError when a world of that size does not fit: NCCL takes one GPU for each rank.
void check_fits(const GpuInventory& inventory, int world_size);

}  // namespace gridlock
