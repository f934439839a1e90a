#pragma once

#include "nccl_backend/cuda_api.h"

namespace gridlock {

class StandInMachine;

/// The functions of the CUDA driver as one rank of the machine sees them.
CudaApi stand_in_cuda(StandInMachine& machine, int rank);

}  // namespace gridlock
