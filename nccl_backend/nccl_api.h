#pragma once

#include <climits>
#include <cstddef>
#include <functional>

#include "nccl_backend/cuda_api.h"

namespace gridlock {

// The names and numbers of NCCL that are needed here, as nccl.h has them (header_check.cpp compares them
// where that header is installed). Element types and reduce operations are numbers of core's tables.
using NcclComm = void*;

struct NcclUniqueId {
  char bytes[128];
};

inline constexpr int kNcclSuccess = 0;
inline constexpr int kNcclUnhandledCudaError = 1;
inline constexpr int kNcclSystemError = 2;
inline constexpr int kNcclInternalError = 3;
inline constexpr int kNcclInvalidArgument = 4;
inline constexpr int kNcclInvalidUsage = 5;
inline constexpr int kNcclRemoteError = 6;
inline constexpr int kNcclInProgress = 7;

inline constexpr int kNcclNoColor = -1;
inline constexpr int kNcclScalarOnHost = 1;
inline constexpr int kNcclUndefined = INT_MIN;

/// Versions as ncclGetVersion reports them: 21803 is 2.18.3.
inline constexpr int kNcclVersionMin = 21801;

/// ncclConfig_t as far as NCCL 2.18 knows it and one word more, which it takes for padding: every later
/// version reads as many bytes as `size` says and fills in the rest.
struct NcclConfig {
  std::size_t size = sizeof(NcclConfig);
  unsigned magic = 0xcafebeef;
  unsigned version = kNcclVersionMin;
  int blocking = kNcclUndefined;
  int cga_cluster_size = kNcclUndefined;
  int cta_min = kNcclUndefined;
  int cta_max = kNcclUndefined;
  const char* net_name = nullptr;
  int split_share = kNcclUndefined;
  int traffic_class = kNcclUndefined;
};

/// The functions of NCCL that are used, each answering with an ncclResult_t. A table for the same reasons as
/// CudaApi. Functions that the library lacks are empty; see each_nccl_symbol for which may be.
struct NcclApi {
  std::function<int(int* version)> get_version;
  std::function<int(NcclUniqueId* id)> get_unique_id;
  std::function<int(NcclComm* comm, int size, NcclUniqueId id, int rank, NcclConfig* config)> comm_init;
  std::function<int(NcclComm comm, int color, int key, NcclComm* child, NcclConfig* config)> comm_split;
  std::function<int(NcclComm comm)> comm_finalize;
  std::function<int(NcclComm comm)> comm_destroy;
  std::function<int(NcclComm comm)> comm_abort;
  std::function<int(NcclComm comm, int* result)> comm_async_error;
  std::function<const char*(NcclComm comm)> last_error;
  std::function<const char*(int result)> error_string;
  std::function<int()> group_start;
  std::function<int()> group_end;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, int op, NcclComm, CudaStream)>
      all_reduce;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, int op, int root, NcclComm,
                    CudaStream)>
      reduce;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, int root, NcclComm, CudaStream)>
      broadcast;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, NcclComm, CudaStream)>
      all_gather;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, int op, NcclComm, CudaStream)>
      reduce_scatter;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, NcclComm, CudaStream)>
      all_to_all;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, int root, NcclComm, CudaStream)>
      gather;
  std::function<int(const void* in, void* out, std::size_t count, int dtype, int root, NcclComm, CudaStream)>
      scatter;
  std::function<int(const void* in, std::size_t count, int dtype, int peer, NcclComm, CudaStream)> send;
  std::function<int(void* out, std::size_t count, int dtype, int peer, NcclComm, CudaStream)> recv;
  std::function<int(int* op, void* scalar, int dtype, int residence, NcclComm)> premul_sum_create;
  std::function<int(int op, NcclComm)> premul_sum_destroy;
};

/// Calls visit(symbol, function, needed) for every function of the table with the symbol that it has in
/// libnccl. What is not needed is there since NCCL 2.28.3 (all_to_all, gather, scatter), and is composed of
/// sends and recvs before (rule S21).
template <typename Table, typename Visit>
void each_nccl_symbol(Table& table, Visit&& visit) {
  visit("ncclGetVersion", table.get_version, true);
  visit("ncclGetUniqueId", table.get_unique_id, true);
  visit("ncclCommInitRankConfig", table.comm_init, true);
  visit("ncclCommSplit", table.comm_split, true);
  visit("ncclCommFinalize", table.comm_finalize, true);
  visit("ncclCommDestroy", table.comm_destroy, true);
  visit("ncclCommAbort", table.comm_abort, true);
  visit("ncclCommGetAsyncError", table.comm_async_error, true);
  visit("ncclGetLastError", table.last_error, true);
  visit("ncclGetErrorString", table.error_string, true);
  visit("ncclGroupStart", table.group_start, true);
  visit("ncclGroupEnd", table.group_end, true);
  visit("ncclAllReduce", table.all_reduce, true);
  visit("ncclReduce", table.reduce, true);
  visit("ncclBroadcast", table.broadcast, true);
  visit("ncclAllGather", table.all_gather, true);
  visit("ncclReduceScatter", table.reduce_scatter, true);
  visit("ncclAlltoAll", table.all_to_all, false);
  visit("ncclGather", table.gather, false);
  visit("ncclScatter", table.scatter, false);
  visit("ncclSend", table.send, true);
  visit("ncclRecv", table.recv, true);
  visit("ncclRedOpCreatePreMulSum", table.premul_sum_create, true);
  visit("ncclRedOpDestroy", table.premul_sum_destroy, true);
}

}  // namespace gridlock
