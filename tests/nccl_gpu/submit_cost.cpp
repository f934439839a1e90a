// Measures what Gridlock itself adds to a call on a GPU: an NcclRank over libraries whose functions do
// nothing, with its history in a mapped file as in a run. Needs no GPU. Prints microseconds for each submit.
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>

#include <fmt/format.h>

#include "launch/rank_process.h"
#include "launch/run_directory.h"
#include "nccl_backend/nccl_rank.h"

namespace gridlock {
namespace {

using Clock = std::chrono::steady_clock;

/// Rank 0 of two, in this process.
class LoneHost final : public RankHost {
 public:
  explicit LoneHost(const std::string& folder)
      : log_(folder + "/rank-0.log"), process_(0, log_, counters_, -1) {}

  RankId rank() const override { return 0; }
  SharedLog& log() override { return log_; }
  bool ended() const override { return false; }
  bool ended_well() const override { return false; }
  void pause(std::int64_t) override {}
  Nanos now() const override { return Clock::now().time_since_epoch(); }
  bool count_request(std::int64_t request_max) override { return process_.count_request(request_max); }
  bool put(std::string_view name, std::string_view text) override {
    board_[std::string(name)] = text;
    return true;
  }
  std::optional<std::string> get(std::string_view name) const override {
    const auto known = board_.find(std::string(name));
    return known == board_.end() ? std::nullopt : std::optional(known->second);
  }
  [[noreturn]] void exit_early() override { std::abort(); }

 private:
  SharedLog log_;
  SharedCounters counters_;
  RankProcess process_;
  std::map<std::string, std::string> board_;
};

template <typename Result, typename... Arguments>
void do_nothing(std::function<Result(Arguments...)>& function) {
  function = [](Arguments...) { return Result{}; };
}

GpuApi idle_libraries() {
  GpuApi api;
  each_cuda_symbol(api.cuda, [](const char*, auto& function) { do_nothing(function); });
  each_nccl_symbol(api.nccl, [](const char*, auto& function, bool) { do_nothing(function); });
  api.cuda.memory_allocate = [](CudaPointer* memory, std::size_t) { return *memory = 4096, kCudaSuccess; };
  api.nccl.comm_init = [](NcclComm* comm, int, NcclUniqueId, int, NcclConfig*) {
    *comm = comm;
    return kNcclSuccess;
  };
  return api;
}

double submit_cost(bool keep_results) {
  const RunDirectory directory;
  LoneHost host(directory.path());
  const GpuApi api = idle_libraries();
  NcclRank gpu_rank(api, host, 2, {}, {.keep_results = keep_results}, {});
  Rank& rank = gpu_rank;
  if (!gpu_rank.connect(0)) return -1;
  Call call;
  call.kind = CallKind::all_reduce;
  call.count = 1;
  call.input = call.output = rank.allocate(1, DType::float32);
  constexpr int kCalls = 100'000;
  const auto begin = Clock::now();
  for (int i = 0; i < kCalls; ++i) (void)rank.submit(call);
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / kCalls;
}

}  // namespace
}  // namespace gridlock

int main() {
  for (const bool keep_results : {false, true}) {
    for (int i = 0; i < 3; ++i) {
      fmt::print("keep_results={}: {:.3f} us a submit\n", keep_results, gridlock::submit_cost(keep_results));
    }
  }
  return 0;
}
