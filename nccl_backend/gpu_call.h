#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/status.h"
#include "core/rank/accepted_call.h"
#include "nccl_backend/device_buffers.h"

namespace gridlock {

/// A call that was accepted, with everything that is needed to enqueue it and to find its result. It keeps
/// the memory of its buffers.
struct GpuCall : AcceptedCall {
  DeviceMemory::Block input_block;
  DeviceMemory::Block output_block;
  /// Where what is read and written begins; 0 for nothing.
  CudaPointer input = 0;
  CudaPointer output = 0;
  std::size_t input_bytes = 0;
  std::size_t output_bytes = 0;
};

/// Fills in the memory of an accepted call after the local checks of every world (check_call; buffers live,
/// of the call's dtype and large enough). `prepared` is of no use unless ok was returned.
StatusCode prepare_call(const Call& call, const DeviceBuffers& buffers, GpuCall& prepared);

/// How NCCL is told of elements: as themselves, or as bytes where they are only moved and NCCL has no number
/// for them.
struct NcclElements {
  int dtype = 0;
  /// Of that dtype in one element of the call.
  std::int64_t factor = 1;
};
/// Nothing for a reduction of a type that NCCL has no number for.
std::optional<NcclElements> nccl_elements(CallKind kind, DType dtype);

}  // namespace gridlock
