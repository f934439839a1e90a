#pragma once

#include <memory>
#include <string>

#include "nccl_backend/cuda_api.h"
#include "nccl_backend/nccl_api.h"

namespace gridlock {

/// The functions that a rank of a GPU world calls.
struct GpuApi {
  CudaApi cuda;
  NcclApi nccl;
};

/// Opens the CUDA driver and NCCL as the dynamic linker finds them (LD_LIBRARY_PATH) and fills in the tables.
/// Initialises neither. They stay open as long as the process. Throws InputError when one is missing or lacks
/// a function that is needed. A process that may still fork must not call anything but nccl.get_version.
GpuApi open_gpu_libraries();

/// "2.28.9" of 22809.
std::string nccl_version_text(int version);

/// The word of a result, as nccl.h and cuda.h spell it where this project knows it.
std::string nccl_result_text(const NcclApi& nccl, int result);
std::string cuda_result_text(const CudaApi& cuda, int result);

}  // namespace gridlock
