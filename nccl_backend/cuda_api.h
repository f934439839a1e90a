#pragma once

#include <cstddef>
#include <functional>

namespace gridlock {

// The names and numbers of the CUDA driver API that are needed here, as cuda.h has them (header_check.cpp
// compares them where that header is installed).
using CudaDevice = int;
using CudaContext = void*;
using CudaStream = void*;
using CudaEvent = void*;
/// An address in device memory.
using CudaPointer = unsigned long long;

inline constexpr int kCudaSuccess = 0;
inline constexpr int kCudaNotReady = 600;
/// Flags: work of the stream does not wait for the legacy stream; the event keeps no time.
inline constexpr unsigned kCudaStreamNonBlocking = 1;
inline constexpr unsigned kCudaEventDisableTiming = 2;

/// The functions of the CUDA driver that are used, each answering with a CUresult. A table instead of linked
/// symbols, so that one binary serves machines with and without GPUs, and tests can put something else in
/// their place.
struct CudaApi {
  std::function<int(unsigned flags)> init;
  std::function<int(int* version)> driver_get_version;
  std::function<int(int* count)> device_get_count;
  std::function<int(CudaDevice* device, int ordinal)> device_get;
  std::function<int(char* name, int size, CudaDevice device)> device_get_name;
  std::function<int(char* bus_id, int size, CudaDevice device)> device_get_bus_id;
  std::function<int(CudaContext* context, CudaDevice device)> primary_context_retain;
  std::function<int(CudaDevice device)> primary_context_release;
  std::function<int(CudaContext context)> context_set_current;
  std::function<int(CudaPointer* memory, std::size_t bytes)> memory_allocate;
  std::function<int(CudaPointer memory)> memory_free;
  std::function<int(CudaPointer to, const void* from, std::size_t bytes, CudaStream stream)> copy_to_device;
  std::function<int(void* to, CudaPointer from, std::size_t bytes, CudaStream stream)> copy_to_host;
  std::function<int(CudaPointer to, CudaPointer from, std::size_t bytes, CudaStream stream)> copy_on_device;
  std::function<int(CudaStream* stream, unsigned flags)> stream_create;
  std::function<int(CudaStream stream)> stream_destroy;
  std::function<int(CudaStream stream)> stream_query;
  std::function<int(CudaStream stream)> stream_synchronize;
  std::function<int(CudaStream stream, CudaEvent event, unsigned flags)> stream_wait_event;
  std::function<int(CudaEvent* event, unsigned flags)> event_create;
  std::function<int(CudaEvent event)> event_destroy;
  std::function<int(CudaEvent event, CudaStream stream)> event_record;
  std::function<int(CudaEvent event)> event_query;
  std::function<int(int result, const char** name)> error_name;
};

/// Calls visit(symbol, function) for every function of the table with the symbol that it has in libcuda. All
/// are in every driver that supports NCCL 2.18.
template <typename Table, typename Visit>
void each_cuda_symbol(Table& table, Visit&& visit) {
  visit("cuInit", table.init);
  visit("cuDriverGetVersion", table.driver_get_version);
  visit("cuDeviceGetCount", table.device_get_count);
  visit("cuDeviceGet", table.device_get);
  visit("cuDeviceGetName", table.device_get_name);
  visit("cuDeviceGetPCIBusId", table.device_get_bus_id);
  visit("cuDevicePrimaryCtxRetain", table.primary_context_retain);
  visit("cuDevicePrimaryCtxRelease_v2", table.primary_context_release);
  visit("cuCtxSetCurrent", table.context_set_current);
  visit("cuMemAlloc_v2", table.memory_allocate);
  visit("cuMemFree_v2", table.memory_free);
  visit("cuMemcpyHtoDAsync_v2", table.copy_to_device);
  visit("cuMemcpyDtoHAsync_v2", table.copy_to_host);
  visit("cuMemcpyDtoDAsync_v2", table.copy_on_device);
  visit("cuStreamCreate", table.stream_create);
  visit("cuStreamDestroy_v2", table.stream_destroy);
  visit("cuStreamQuery", table.stream_query);
  visit("cuStreamSynchronize", table.stream_synchronize);
  visit("cuStreamWaitEvent", table.stream_wait_event);
  visit("cuEventCreate", table.event_create);
  visit("cuEventDestroy_v2", table.event_destroy);
  visit("cuEventRecord", table.event_record);
  visit("cuEventQuery", table.event_query);
  visit("cuGetErrorName", table.error_name);
}

}  // namespace gridlock
