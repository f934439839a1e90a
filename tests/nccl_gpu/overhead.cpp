// Measures on two real GPUs what a call costs through an NcclRank, with its history, against a plain loop of
// NCCL calls in the same process: microseconds of the host for each call, and for each call until the device
// is done. Prints a table. A program of its own, since a test machine has no GPU.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "launch/launcher.h"
#include "launch/process_host.h"
#include "launch/run_directory.h"
#include "nccl_backend/libraries.h"
#include "nccl_backend/nccl_rank.h"

namespace gridlock {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRanks = 2;

struct Row {
  std::int64_t count;
  int calls;
};
constexpr Row kRows[] = {{1, 2000}, {262144, 500}, {16777216, 50}};

/// Microseconds for each of `calls`: until the last call returned, and until all were complete.
struct Cost {
  double host;
  double whole;
};

template <typename Call, typename Finish>
Cost measure(int calls, Call&& call, Finish&& finish) {
  for (int i = 0; i < 20; ++i) call();
  finish();
  const auto begin = Clock::now();
  for (int i = 0; i < calls; ++i) call();
  const auto called = Clock::now();
  finish();
  const auto end = Clock::now();
  const auto per_call = [&](Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count() / calls;
  };
  return {per_call(called - begin), per_call(end - begin)};
}

Cost through_rank(Rank& rank, const Row& row) {
  Call call;
  call.kind = CallKind::all_reduce;
  call.count = row.count;
  call.input = call.output = rank.allocate(row.count, DType::float32);
  return measure(
      row.calls, [&] { (void)rank.submit(call); }, [&] { (void)rank.synchronize(); });
}

/// The same with nothing between the loop and NCCL. The rank has made its context current.
void measure_plain(const GpuApi& api, RankHost& host, bool blocking, std::vector<Cost>& costs) {
  NcclUniqueId id{};
  const std::string name = fmt::format("plain {}", blocking);
  if (host.rank() == 0) {
    api.nccl.get_unique_id(&id);
    host.put(name, {id.bytes, sizeof(id.bytes)});
  }
  while (!host.get(name)) host.pause(0);
  host.get(name)->copy(id.bytes, sizeof(id.bytes));
  NcclConfig config;
  config.blocking = blocking ? 1 : 0;
  NcclComm comm = nullptr;
  CudaStream stream = nullptr;
  CudaPointer memory = 0;
  api.nccl.comm_init(&comm, kRanks, id, host.rank(), &config);
  const auto settle = [&] {
    for (int state = kNcclInProgress; state == kNcclInProgress;) api.nccl.comm_async_error(comm, &state);
  };
  settle();
  api.cuda.stream_create(&stream, kCudaStreamNonBlocking);
  api.cuda.memory_allocate(&memory, 16777216 * 4);
  void* data = reinterpret_cast<void*>(static_cast<std::uintptr_t>(memory));
  for (const Row& row : kRows) {
    costs.push_back(measure(
        row.calls,
        [&] {
          api.nccl.all_reduce(data, data, static_cast<std::size_t>(row.count), 7, 0, comm, stream);
          if (!blocking) settle();
        },
        [&] { api.cuda.stream_synchronize(stream); }));
  }
}

/// Seconds to connect, to make the groups of a grid on all ranks, and for the first operation on each.
void measure_grid(RankProcess& process, const std::string& folder, NcclOptions nccl) {
  ProcessHost host(process, folder);
  const GpuApi api = open_gpu_libraries();
  nccl.keep_results = false;
  NcclRank gpu_rank(api, host, kRanks, {}, nccl, {});
  Rank& rank = gpu_rank;
  const auto begin = Clock::now();
  if (!gpu_rank.connect(process.rank())) return;
  Call call;
  call.count = 1024;
  call.kind = CallKind::all_reduce;
  call.input = call.output = rank.allocate(call.count, DType::float32);
  (void)rank.run(call);
  const auto connected = Clock::now();
  const auto plan = std::make_shared<const Plan>(
      GridSpec{pipe_data_tensor({1, 1, kRanks}), areal_recipe(), RankMapping::identity(kRanks)}, kRanks);
  const Reply grid = rank.create_grid(plan);
  const auto created = Clock::now();
  int groups = 0;
  for (const PlanFamily& family : plan->families()) {
    call.group = rank.groups().family(grid.grid, family.name);
    const InstanceId group = rank.groups().resolve(call.group, rank.id());
    if (family.backend != BackendKind::nccl || group == InstanceId::none) continue;
    ++groups;
    (void)rank.run(call);
  }
  const auto used = Clock::now();
  const auto seconds = [](Clock::duration time) { return std::chrono::duration<double>(time).count(); };
  if (rank.id() == 0) {
    fmt::print(stderr,
               "gridlock 1x1x{} blocking={} share={}: init+first {:.2f} s, {} groups created {:.2f} s, first "
               "operations {:.2f} s\n",
               kRanks, nccl.blocking, nccl.share_resources, seconds(connected - begin), groups,
               seconds(created - connected), seconds(used - created));
  }
  gpu_rank.end_program();
  gpu_rank.finish();
}

void be_rank(RankProcess& process, const std::string& folder, bool blocking) {
  ProcessHost host(process, folder);
  const GpuApi api = open_gpu_libraries();
  RunOptions options;
  options.semantics.stream_depth_max = 1 << 20;
  NcclRank rank(api, host, kRanks, options, {.blocking = blocking, .keep_results = false}, {});
  const auto begin = Clock::now();
  if (!rank.connect(process.rank())) return;
  const double connected = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<Cost> costs;
  for (const Row& row : kRows) costs.push_back(through_rank(rank, row));
  std::vector<Cost> plain;
  measure_plain(api, host, blocking, plain);
  for (std::size_t i = 0; process.rank() == 0 && i < costs.size(); ++i) {
    fmt::print(stderr, "| {} | {:>9} | {:8.2f} | {:8.2f} | {:8.2f} | {:8.2f} |\n",
               blocking ? "blocking" : "polled  ", kRows[i].count * 4, costs[i].host, plain[i].host,
               costs[i].whole, plain[i].whole);
  }
  if (process.rank() == 0) fmt::print(stderr, "connected in {:.2f} s\n", connected);
  rank.end_program();
}

}  // namespace
}  // namespace gridlock

/// One run of two ranks.
template <typename Body>
void run_ranks(Body&& body) {
  const gridlock::RunDirectory directory;
  std::vector<std::unique_ptr<gridlock::SharedLog>> logs;
  for (int rank = 0; rank < gridlock::kRanks; ++rank)
    logs.push_back(std::make_unique<gridlock::SharedLog>(fmt::format("{}/{}.log", directory.path(), rank)));
  gridlock::LoneReferee referee(std::chrono::seconds(60));
  const auto result = gridlock::launch(
      logs, 0, referee, [&](gridlock::RankProcess& process) { body(process, directory.path()); },
      std::chrono::seconds(10));
  if (!result.error.empty()) fmt::print(stderr, "{}\n", result.error);
}

int main() {
  using namespace gridlock;
  for (const bool blocking : {false, true}) {
    for (const bool share : {false, true}) {
      run_ranks([&](RankProcess& process, const std::string& folder) {
        measure_grid(process, folder, {.blocking = blocking, .share_resources = share});
      });
    }
  }
  fmt::print(stderr, "| mode | bytes | host us | plain host us | us | plain us |\n");
  for (const bool blocking : {false, true}) {
    run_ranks([&](RankProcess& process, const std::string& folder) { be_rank(process, folder, blocking); });
  }
  return 0;
}
