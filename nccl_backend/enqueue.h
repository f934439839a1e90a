#pragma once

#include "nccl_backend/gpu_call.h"
#include "nccl_backend/libraries.h"

namespace gridlock {

/// Where a call goes.
struct EnqueuePlace {
  NcclComm comm = nullptr;
  CudaStream stream = nullptr;
  /// One element of device memory that barriers reduce.
  CudaPointer scratch = 0;
  /// The operation made for premul_sum.
  int premul_op = 0;
};

/// Puts a call of a group with a communicator on its stream and answers with NCCL's result: one call of NCCL,
/// or several in a group of calls for barrier (an all_reduce of one element), the uneven operations
/// (broadcasts; sends and recvs), and all_to_all, gather and scatter where NCCL is older than 2.28.3 (rule
/// S21). Requires: prepare_call accepted it.
int enqueue_nccl(const NcclApi& nccl, const GpuCall& call, const EnqueuePlace& place);

/// Whether the call is more than a copy in a group of one: it multiplies, or it is one end of a message to
/// the own rank.
bool needs_communicator(const GpuCall& call);

}  // namespace gridlock
