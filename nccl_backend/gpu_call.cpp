#include "nccl_backend/gpu_call.h"

#include "core/data/operation.h"
#include "core/rank/call_check.h"

namespace gridlock {
namespace {

/// The address of elements [first, first + count) of a buffer; nothing when it cannot be used for the call.
std::optional<CudaPointer> address_of(const Call& call, const DeviceBuffer* buffer, std::int64_t first,
                                      std::int64_t count) {
  if (count == 0) return CudaPointer{0};
  if (buffer == nullptr || buffer->dtype != call.dtype || buffer->count < first + count) return std::nullopt;
  // A buffer that found no memory: the fault has been noted.
  if (buffer->block == nullptr) return std::nullopt;
  return buffer->block->address + static_cast<CudaPointer>(first) * dtype_size(call.dtype);
}

}  // namespace

StatusCode prepare_call(const Call& call, const DeviceBuffers& buffers, GpuCall& prepared) {
  const std::optional<CallExtents> extents = check_call(call, prepared.rank, prepared.size);
  if (!extents) return StatusCode::invalid_argument;
  const DeviceBuffer* input = buffers.find(call.input);
  const DeviceBuffer* output = buffers.find(call.output);
  if (call.input != BufferHandle::none && input == nullptr) return StatusCode::invalid_argument;
  if (call.output != BufferHandle::none && output == nullptr) return StatusCode::invalid_argument;
  // Who only reads or only writes has no share inside of something larger.
  const bool in_place = call.input == call.output && extents->input > 0 && extents->output > 0;
  const InPlace form = in_place ? operation(call.kind).in_place : InPlace::same;
  const std::int64_t first_read = form == InPlace::input_share ? extents->share : 0;
  const std::int64_t first_written = form == InPlace::output_share ? extents->share : 0;
  const auto from = address_of(call, input, first_read, extents->input);
  const auto into = address_of(call, output, first_written, extents->output);
  if (!from || !into) return StatusCode::invalid_argument;
  if (input != nullptr) prepared.input_block = input->block;
  if (output != nullptr) prepared.output_block = output->block;
  prepared.input = *from;
  prepared.output = *into;
  prepared.input_bytes = static_cast<std::size_t>(extents->input) * dtype_size(call.dtype);
  prepared.output_bytes = static_cast<std::size_t>(extents->output) * dtype_size(call.dtype);
  return StatusCode::ok;
}

std::optional<NcclElements> nccl_elements(CallKind kind, DType dtype) {
  const DTypeInfo& info = dtype_info(dtype);
  if (info.nccl_number) return NcclElements{*info.nccl_number, 1};
  if (operation(kind).reduces) return std::nullopt;
  return NcclElements{*dtype_info(DType::uint8).nccl_number, static_cast<std::int64_t>(info.size)};
}

}  // namespace gridlock
