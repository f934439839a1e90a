#pragma once

#include "nccl_backend/nccl_api.h"

namespace gridlock {

class StandInMachine;

/// The functions of NCCL as one rank of the machine sees them.
NcclApi stand_in_nccl(StandInMachine& machine, int rank);

}  // namespace gridlock
