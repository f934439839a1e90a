#include "nccl_backend/device.h"

namespace gridlock {

bool Device::open(int ordinal) {
  CudaContext context = nullptr;
  if (!faults_.cuda(cuda_.init(0), "cuInit")) return false;
  if (!faults_.cuda(cuda_.device_get(&device_, ordinal), "cuDeviceGet")) return false;
  // The primary context: the one that NCCL uses too.
  if (!faults_.cuda(cuda_.primary_context_retain(&context, device_), "cuDevicePrimaryCtxRetain"))
    return false;
  has_context_ = true;
  if (!faults_.cuda(cuda_.context_set_current(context), "cuCtxSetCurrent")) return false;
  copies_ = make_stream();
  return copies_.has_value();
}

void Device::close() {
  for (const CudaEvent event : events_) faults_.cuda(cuda_.event_destroy(event), "cuEventDestroy");
  events_.clear();
  unused_events_.clear();
  for (const auto& [id, stream] : streams_) faults_.cuda(cuda_.stream_destroy(stream), "cuStreamDestroy");
  streams_.clear();
  if (copies_) faults_.cuda(cuda_.stream_destroy(*copies_), "cuStreamDestroy");
  copies_.reset();
  memory_.release();
  if (has_context_) faults_.cuda(cuda_.primary_context_release(device_), "cuDevicePrimaryCtxRelease");
  has_context_ = false;
}

std::optional<CudaStream> Device::make_stream() {
  CudaStream stream = nullptr;
  if (!faults_.cuda(cuda_.stream_create(&stream, kCudaStreamNonBlocking), "cuStreamCreate"))
    return std::nullopt;
  return stream;
}

std::optional<CudaStream> Device::stream(StreamId id) {
  if (const auto known = streams_.find(id); known != streams_.end()) return known->second;
  const std::optional<CudaStream> stream = make_stream();
  if (stream) streams_[id] = *stream;
  return stream;
}

std::optional<bool> Device::is_idle(StreamId id) {
  const auto known = streams_.find(id);
  if (known == streams_.end()) return true;
  const int result = cuda_.stream_query(known->second);
  if (result == kCudaNotReady) return false;
  if (!faults_.cuda(result, "cuStreamQuery")) return std::nullopt;
  return true;
}

std::optional<CudaEvent> Device::acquire_event() {
  CudaEvent event = nullptr;
  if (!unused_events_.empty()) {
    event = unused_events_.back();
    unused_events_.pop_back();
    return event;
  }
  if (!faults_.cuda(cuda_.event_create(&event, kCudaEventDisableTiming), "cuEventCreate"))
    return std::nullopt;
  events_.push_back(event);
  return event;
}

bool Device::record(CudaEvent event, CudaStream stream) {
  return faults_.cuda(cuda_.event_record(event, stream), "cuEventRecord");
}

std::optional<bool> Device::is_complete(CudaEvent event) {
  const int result = cuda_.event_query(event);
  if (result == kCudaNotReady) return false;
  if (!faults_.cuda(result, "cuEventQuery")) return std::nullopt;
  return true;
}

bool Device::upload(CudaPointer to, std::span<const std::byte> bytes) {
  if (bytes.empty()) return true;
  return faults_.cuda(cuda_.copy_to_device(to, bytes.data(), bytes.size(), *copies_), "cuMemcpyHtoDAsync") &&
         faults_.cuda(cuda_.stream_synchronize(*copies_), "cuStreamSynchronize");
}

bool Device::download(CudaPointer from, std::span<std::byte> bytes) {
  if (bytes.empty()) return true;
  return faults_.cuda(cuda_.copy_to_host(bytes.data(), from, bytes.size(), *copies_), "cuMemcpyDtoHAsync") &&
         faults_.cuda(cuda_.stream_synchronize(*copies_), "cuStreamSynchronize");
}

}  // namespace gridlock
