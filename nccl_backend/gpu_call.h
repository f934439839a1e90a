#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/status.h"
#include "core/grid/group_table.h"
#include "nccl_backend/device_buffers.h"

namespace gridlock {

/// A call that was accepted, with everything that is needed to enqueue it and to find its result. It keeps
/// the memory of its buffers.
struct GpuCall {
  CallKind kind = CallKind::barrier;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  StreamId stream = StreamId::main;
  GroupRank peer = -1;
  std::int64_t count = 0;
  double scalar = 1.0;
  std::vector<std::int64_t> counts;

  InstanceId instance = InstanceId::none;
  BackendKind backend = BackendKind::nccl;
  GroupKey key;
  GroupRank size = 0;
  GroupRank rank = kNoRank;
  /// The call's number in its order; set when it is recorded.
  std::int32_t sequence = 0;

  DeviceMemory::Block input_block;
  DeviceMemory::Block output_block;
  /// Where what is read and written begins; 0 for nothing.
  CudaPointer input = 0;
  CudaPointer output = 0;
  std::size_t input_bytes = 0;
  std::size_t output_bytes = 0;
};

/// Fills in what `call` says after the local checks of every world (check_call; buffers live, of the call's
/// dtype and large enough). Requires: instance, backend, key, size and rank are set. `prepared` is of no use
/// unless ok was returned.
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
