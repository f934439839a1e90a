// Measures on two real GPUs what a call costs through an NcclRank, with its history, against a plain loop of
// NCCL calls in the same process, in turns: microseconds of the host for each call, and for each call until
// the device is done, medians over the turns. Prints a table. A program of its own, since a test machine has
// no GPU.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/data/dtype.h"
#include "core/data/operation.h"
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
constexpr int kRounds = 21;

struct Row {
  CallKind kind;
  /// Elements of float32, as in Call::count.
  std::int64_t count;
  int calls;
};

constexpr std::int64_t kCountMax = 64 << 20;

std::vector<Row> rows() {
  std::vector<Row> rows;
  for (const CallKind kind : {CallKind::all_reduce, CallKind::broadcast, CallKind::all_gather,
                              CallKind::reduce_scatter, CallKind::send}) {
    for (const auto& [count, calls] : {std::pair<std::int64_t, int>{1, 2000},
                                       {16 << 10, 2000},
                                       {256 << 10, 500},
                                       {4 << 20, 100},
                                       {kCountMax, 10}}) {
      rows.push_back({kind, count, calls});
    }
  }
  return rows;
}

/// Microseconds for each of `calls`: until the last call returned, and until all were complete.
struct Cost {
  double host;
  double whole;
};

template <typename Call, typename Finish>
Cost measure(int calls, Call&& call, Finish&& finish) {
  for (int i = 0; i < 1 + calls / 100; ++i) call();
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

/// What is measured in turn, so that a change of the machine's pace meets all of them.
struct Contender {
  std::string name;
  std::function<void(const Row&)> call;
  std::function<void()> finish;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Median costs of each contender, over rounds in which each runs once.
std::vector<Cost> compare(const std::vector<Contender>& contenders, const Row& row) {
  std::vector<std::vector<double>> host(contenders.size());
  std::vector<std::vector<double>> whole(contenders.size());
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const Contender& each = contenders[i];
      const Cost cost = measure(
          row.calls, [&] { each.call(row); }, each.finish);
      host[i].push_back(cost.host);
      whole[i].push_back(cost.whole);
    }
  }
  std::vector<Cost> costs;
  for (std::size_t i = 0; i < contenders.size(); ++i)
    costs.push_back({median(std::move(host[i])), median(std::move(whole[i]))});
  return costs;
}

Contender through_rank(Rank& rank) {
  const BufferHandle input = rank.allocate(kRanks * kCountMax, DType::float32);
  const BufferHandle output = rank.allocate(kRanks * kCountMax, DType::float32);
  const auto submit = [&rank, input, output](const Row& row) {
    Call call;
    call.kind = row.kind;
    call.count = row.count;
    call.input = input;
    call.output = output;
    if (row.kind == CallKind::broadcast) call.peer = 0;
    if (row.kind == CallKind::send) {
      call.peer = 1 - rank.id();
      call.kind = rank.id() == 0 ? CallKind::send : CallKind::recv;
      (rank.id() == 0 ? call.output : call.input) = BufferHandle::none;
    }
    const Reply reply = rank.submit(call);
    GRIDLOCK_CHECK(reply.status.ok());
  };
  return {"gridlock", submit, [&rank] { (void)rank.synchronize(); }};
}

/// NCCL with nothing between it and the loop, on a communicator, a stream and memory of its own. The rank has
/// made its context current.
class PlainLoop {
 public:
  PlainLoop(const GpuApi& api, RankHost& host) : api_(api), rank_(host.rank()) {
    NcclUniqueId id{};
    if (host.rank() == 0) {
      api.nccl.get_unique_id(&id);
      host.put("plain", {id.bytes, sizeof(id.bytes)});
    }
    while (!host.get("plain")) host.pause(0);
    host.get("plain")->copy(id.bytes, sizeof(id.bytes));
    NcclConfig config;
    api.nccl.comm_init(&comm_, kRanks, id, host.rank(), &config);
    api.cuda.stream_create(&stream_, kCudaStreamNonBlocking);
    for (void*& block : {std::ref(input_), std::ref(output_)}) {
      CudaPointer memory = 0;
      api.cuda.memory_allocate(&memory, kRanks * kCountMax * sizeof(float));
      block = reinterpret_cast<void*>(static_cast<std::uintptr_t>(memory));
    }
    for (CudaEvent& event : events_) api.cuda.event_create(&event, kCudaEventDisableTiming);
  }

  void call(const Row& row) {
    const auto count = static_cast<std::size_t>(row.count);
    const int result = call(row.kind, count);
    GRIDLOCK_CHECK(result == kNcclSuccess);
  }
  void record() { api_.cuda.event_record(events_[next_++ % std::size(events_)], stream_); }
  void finish() { api_.cuda.stream_synchronize(stream_); }

 private:
  int call(CallKind kind, std::size_t count) {
    const NcclApi& nccl = api_.nccl;
    const int dtype = *dtype_info(DType::float32).nccl_number;
    const int op = *reduce_op_info(ReduceOp::sum).nccl_number;
    if (kind == CallKind::all_reduce)
      return nccl.all_reduce(input_, output_, count, dtype, op, comm_, stream_);
    if (kind == CallKind::broadcast) return nccl.broadcast(input_, output_, count, dtype, 0, comm_, stream_);
    if (kind == CallKind::all_gather) return nccl.all_gather(input_, output_, count, dtype, comm_, stream_);
    if (kind == CallKind::reduce_scatter)
      return nccl.reduce_scatter(input_, output_, count, dtype, op, comm_, stream_);
    return rank_ == 0 ? nccl.send(input_, count, dtype, 1, comm_, stream_)
                      : nccl.recv(output_, count, dtype, 0, comm_, stream_);
  }

  const GpuApi& api_;
  RankId rank_;
  NcclComm comm_ = nullptr;
  CudaStream stream_ = nullptr;
  void* input_ = nullptr;
  void* output_ = nullptr;
  CudaEvent events_[64] = {};
  std::size_t next_ = 0;
};

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

void be_rank(RankProcess& process, const std::string& folder) {
  ProcessHost host(process, folder);
  const GpuApi api = open_gpu_libraries();
  RunOptions options;
  options.semantics.stream_depth_max = 1 << 20;
  NcclRank rank(api, host, kRanks, options, {.keep_results = false}, {});
  const auto begin = Clock::now();
  if (!rank.connect(process.rank())) return;
  const double connected = std::chrono::duration<double>(Clock::now() - begin).count();
  PlainLoop plain(api, host);
  const auto finish = [&] { plain.finish(); };
  const std::vector<Contender> contenders{through_rank(rank),
                                          {"plain", [&](const Row& row) { plain.call(row); }, finish},
                                          {"plain with an event",
                                           [&](const Row& row) {
                                             plain.call(row);
                                             plain.record();
                                           },
                                           finish}};
  for (const Row& row : rows()) {
    const std::vector<Cost> costs = compare(contenders, row);
    for (std::size_t i = 0; process.rank() == 0 && i < costs.size(); ++i) {
      fmt::print(stderr, "| {:<14} | {:>9} | {:<19} | {:8.2f} | {:8.2f} |\n", call_kind_name(row.kind),
                 row.count * 4, contenders[i].name, costs[i].host, costs[i].whole);
    }
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
  fmt::print(stderr, "| operation | bytes of count | who | host us | us |\n|---|---|---|---|---|\n");
  run_ranks([](RankProcess& process, const std::string& folder) { be_rank(process, folder); });
  return 0;
}
