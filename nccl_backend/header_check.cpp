// Compares our own declarations with the headers of NCCL and CUDA. Compiled only where those are installed;
// it makes no code.
#include <cuda.h>
#include <nccl.h>

#include <cstddef>
#include <type_traits>

#include "nccl_backend/cuda_api.h"
#include "nccl_backend/nccl_api.h"

namespace gridlock {
namespace {

/// Whether an argument of one type is passed as one of the other type is.
template <typename Ours, typename Theirs>
constexpr bool passes_as() {
  if constexpr (std::is_pointer_v<Ours> || std::is_pointer_v<Theirs>) {
    return std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>;
  } else if constexpr (std::is_class_v<Ours> || std::is_class_v<Theirs>) {
    return std::is_class_v<Ours> && std::is_class_v<Theirs> && sizeof(Ours) == sizeof(Theirs) &&
           std::alignment_of_v<Ours> == std::alignment_of_v<Theirs> && std::is_trivially_copyable_v<Ours>;
  } else {
    const auto is_whole = [](auto type) {
      using T = typename decltype(type)::type;
      return std::is_integral_v<T> || std::is_enum_v<T>;
    };
    return is_whole(std::type_identity<Ours>{}) && is_whole(std::type_identity<Theirs>{}) &&
           sizeof(Ours) == sizeof(Theirs);
  }
}

template <typename Ours, typename Theirs>
struct Called;

template <typename OurResult, typename... Ours, typename TheirResult, typename... Theirs>
struct Called<std::function<OurResult(Ours...)>, TheirResult(Theirs...)> {
  static constexpr bool alike() {
    if constexpr (sizeof...(Ours) != sizeof...(Theirs)) {
      return false;
    } else {
      return passes_as<OurResult, TheirResult>() && (passes_as<Ours, Theirs>() && ...);
    }
  }
};

template <typename Ours, typename Theirs>
constexpr bool is_called_alike(Ours, Theirs*) {
  return Called<typename Ours::type, Theirs>::alike();
}

template <typename Table, typename Function>
std::type_identity<Function> type_of(Function Table::*);

template <auto member, auto function>
constexpr bool alike = is_called_alike(decltype(type_of(member)){}, function);

static_assert(alike<&NcclApi::get_version, &ncclGetVersion>);
static_assert(alike<&NcclApi::get_unique_id, &ncclGetUniqueId>);
static_assert(alike<&NcclApi::comm_init, &ncclCommInitRankConfig>);
static_assert(alike<&NcclApi::comm_split, &ncclCommSplit>);
static_assert(alike<&NcclApi::comm_finalize, &ncclCommFinalize>);
static_assert(alike<&NcclApi::comm_destroy, &ncclCommDestroy>);
static_assert(alike<&NcclApi::comm_abort, &ncclCommAbort>);
static_assert(alike<&NcclApi::comm_async_error, &ncclCommGetAsyncError>);
static_assert(alike<&NcclApi::last_error, &ncclGetLastError>);
static_assert(alike<&NcclApi::error_string, &ncclGetErrorString>);
static_assert(alike<&NcclApi::group_start, &ncclGroupStart>);
static_assert(alike<&NcclApi::group_end, &ncclGroupEnd>);
static_assert(alike<&NcclApi::all_reduce, &ncclAllReduce>);
static_assert(alike<&NcclApi::reduce, &ncclReduce>);
static_assert(alike<&NcclApi::broadcast, &ncclBroadcast>);
static_assert(alike<&NcclApi::all_gather, &ncclAllGather>);
static_assert(alike<&NcclApi::reduce_scatter, &ncclReduceScatter>);
static_assert(alike<&NcclApi::send, &ncclSend>);
static_assert(alike<&NcclApi::recv, &ncclRecv>);
static_assert(alike<&NcclApi::premul_sum_create, &ncclRedOpCreatePreMulSum>);
static_assert(alike<&NcclApi::premul_sum_destroy, &ncclRedOpDestroy>);
#if NCCL_VERSION_CODE >= 22803
static_assert(alike<&NcclApi::all_to_all, &ncclAlltoAll>);
static_assert(alike<&NcclApi::gather, &ncclGather>);
static_assert(alike<&NcclApi::scatter, &ncclScatter>);
#endif

static_assert(kNcclSuccess == ncclSuccess && kNcclUnhandledCudaError == ncclUnhandledCudaError);
static_assert(kNcclSystemError == ncclSystemError && kNcclInternalError == ncclInternalError);
static_assert(kNcclInvalidArgument == ncclInvalidArgument && kNcclInvalidUsage == ncclInvalidUsage);
static_assert(kNcclRemoteError == ncclRemoteError && kNcclInProgress == ncclInProgress);
static_assert(kNcclNoColor == NCCL_SPLIT_NOCOLOR && kNcclScalarOnHost == ncclScalarHostImmediate);
static_assert(kNcclUndefined == NCCL_CONFIG_UNDEF_INT && sizeof(NcclUniqueId) == sizeof(ncclUniqueId));

constexpr ncclConfig_t kInitializer = NCCL_CONFIG_INITIALIZER;
static_assert(NcclConfig{}.magic == kInitializer.magic && NcclConfig{}.net_name == kInitializer.netName);
static_assert(sizeof(NcclConfig) <= sizeof(ncclConfig_t));
static_assert(offsetof(NcclConfig, blocking) == offsetof(ncclConfig_t, blocking));
static_assert(offsetof(NcclConfig, cta_max) == offsetof(ncclConfig_t, maxCTAs));
static_assert(offsetof(NcclConfig, net_name) == offsetof(ncclConfig_t, netName));
static_assert(offsetof(NcclConfig, split_share) == offsetof(ncclConfig_t, splitShare));
#if NCCL_VERSION_CODE >= 22500
static_assert(offsetof(NcclConfig, traffic_class) == offsetof(ncclConfig_t, trafficClass));
#endif

static_assert(alike<&CudaApi::init, &cuInit>);
static_assert(alike<&CudaApi::driver_get_version, &cuDriverGetVersion>);
static_assert(alike<&CudaApi::device_get_count, &cuDeviceGetCount>);
static_assert(alike<&CudaApi::device_get, &cuDeviceGet>);
static_assert(alike<&CudaApi::device_get_name, &cuDeviceGetName>);
static_assert(alike<&CudaApi::device_get_bus_id, &cuDeviceGetPCIBusId>);
static_assert(alike<&CudaApi::primary_context_retain, &cuDevicePrimaryCtxRetain>);
static_assert(alike<&CudaApi::primary_context_release, &cuDevicePrimaryCtxRelease>);
static_assert(alike<&CudaApi::context_set_current, &cuCtxSetCurrent>);
static_assert(alike<&CudaApi::memory_allocate, &cuMemAlloc>);
static_assert(alike<&CudaApi::memory_free, &cuMemFree>);
static_assert(alike<&CudaApi::copy_to_device, &cuMemcpyHtoDAsync>);
static_assert(alike<&CudaApi::copy_to_host, &cuMemcpyDtoHAsync>);
static_assert(alike<&CudaApi::copy_on_device, &cuMemcpyDtoDAsync>);
static_assert(alike<&CudaApi::stream_create, &cuStreamCreate>);
static_assert(alike<&CudaApi::stream_destroy, &cuStreamDestroy>);
static_assert(alike<&CudaApi::stream_query, &cuStreamQuery>);
static_assert(alike<&CudaApi::stream_synchronize, &cuStreamSynchronize>);
static_assert(alike<&CudaApi::stream_wait_event, &cuStreamWaitEvent>);
static_assert(alike<&CudaApi::event_create, &cuEventCreate>);
static_assert(alike<&CudaApi::event_destroy, &cuEventDestroy>);
static_assert(alike<&CudaApi::event_record, &cuEventRecord>);
static_assert(alike<&CudaApi::event_query, &cuEventQuery>);
static_assert(alike<&CudaApi::error_name, &cuGetErrorName>);

static_assert(kCudaSuccess == CUDA_SUCCESS && kCudaNotReady == CUDA_ERROR_NOT_READY);
static_assert(kCudaStreamNonBlocking == CU_STREAM_NON_BLOCKING);
static_assert(kCudaEventDisableTiming == CU_EVENT_DISABLE_TIMING);

}  // namespace
}  // namespace gridlock
