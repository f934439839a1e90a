#include "cli/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <utility>

#include "core/base/input_error.h"
#include "core/data/operation.h"

namespace gridlock::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTurns = 5;
constexpr int kWarmUpCalls = 5;
/// Bytes that one turn moves at most, unless a single call is larger.
constexpr std::int64_t kTurnBytes = std::int64_t{1} << 29U;

/// Operations that are measured at 4 bytes too need no element for every rank.
bool counts_shares(CallKind kind) { return operation(kind).count == CountMeaning::chunk; }

int calls_per_turn(std::int64_t message_bytes) {
  return static_cast<int>(std::clamp<std::int64_t>(kTurnBytes / message_bytes, 4, 200));
}

/// One rank's part of the calls of one measurement.
class Repeated {
 public:
  Repeated(Rank& rank, CallKind kind, std::int64_t count) : rank_(rank) {
    Call call;
    call.kind = kind;
    call.count = count;
    const RankId size = rank.world_size();
    if (operation(kind).has_root) call.peer = 0;
    if (operation(kind).is_p2p) call.peer = (rank.id() + 1) % size;
    add(call);
    if (kind != CallKind::send) return;
    call.kind = CallKind::recv;
    call.peer = (rank.id() + size - 1) % size;
    add(call);
  }
  ~Repeated() {
    for (const BufferHandle buffer : buffers_) rank_.free(buffer);
  }
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;

  void run(int times) {
    for (int i = 0; i < times; ++i) (void)rank_.submit(calls_);
    (void)rank_.synchronize();
  }

 private:
  void add(Call call) {
    const RankId size = rank_.world_size();
    call.input = buffer(input_count(call.kind, call.count, size, rank_.id(), call.peer));
    call.output = buffer(output_count(call.kind, call.count, size, rank_.id(), call.peer));
    calls_.push_back(call);
  }
  BufferHandle buffer(std::int64_t count) {
    if (count == 0) return BufferHandle::none;
    buffers_.push_back(rank_.allocate(count, DType::float32));
    return buffers_.back();
  }

  Rank& rank_;
  std::vector<Call> calls_;
  std::vector<BufferHandle> buffers_;
};

std::int64_t measure(Rank& rank, CallKind kind, std::int64_t count, int calls) {
  Repeated repeated(rank, kind, count);
  repeated.run(kWarmUpCalls);
  std::array<std::int64_t, kTurns> turns{};
  for (std::int64_t& turn : turns) {
    (void)rank.run(Call{});  // a barrier: no rank's late start is part of the time
    const auto begin = Clock::now();
    repeated.run(calls);
    turn = std::chrono::duration_cast<Nanos>(Clock::now() - begin).count() / calls;
  }
  std::nth_element(turns.begin(), turns.begin() + kTurns / 2, turns.end());
  return turns[kTurns / 2];
}

void measure_all(Rank& rank, const CalibrationPlan& plan) {
  std::ofstream results;
  if (rank.id() == 0) results.open(plan.results_path);
  for (const CallKind kind : plan.kinds) {
    for (const std::int64_t message : plan.message_bytes) {
      const std::int64_t share = counts_shares(kind) ? message / plan.ranks : message;
      const std::int64_t count = share / static_cast<std::int64_t>(dtype_size(DType::float32));
      if (count == 0) continue;
      const std::int64_t time = measure(rank, kind, count, calls_per_turn(message));
      if (rank.id() == 0) results << call_kind_name(kind) << ' ' << share << ' ' << time << std::endl;
    }
  }
}

}  // namespace

CalibrationPlan calibration_plan(RankId ranks, std::int64_t bytes_max, std::string results_path) {
  CalibrationPlan plan{
      ranks,
      {CallKind::all_reduce, CallKind::reduce, CallKind::broadcast, CallKind::all_gather,
       CallKind::reduce_scatter, CallKind::all_to_all, CallKind::gather, CallKind::scatter, CallKind::send},
      {},
      std::move(results_path)};
  for (std::int64_t bytes = 4; bytes <= bytes_max; bytes *= bytes < 4096 ? 1024 : 4)
    plan.message_bytes.push_back(bytes);
  return plan;
}

RankProgram calibration_program(const CalibrationPlan& plan) {
  RankProgram program;
  program.world_size = plan.ranks;
  program.main = [plan](Rank& rank) { measure_all(rank, plan); };
  return program;
}

CostProfile read_calibration(const CalibrationPlan& plan, const std::string& name) {
  CostProfile profile{name, {}};
  std::ifstream lines(plan.results_path);
  std::string word;
  std::int64_t bytes = 0;
  std::int64_t time = 0;
  while (lines >> word >> bytes >> time) {
    const std::optional<CallKind> kind = call_kind_from_name(word);
    if (!kind) throw InputError(plan.results_path, fmt::format("'{}' is no operation", word));
    if (profile.curves.empty() || profile.curves.back().kind != *kind) {
      profile.curves.push_back({*kind, plan.ranks, {}});
    }
    profile.curves.back().points.push_back({bytes, Nanos{time}});
  }
  if (profile.curves.empty()) throw InputError("calibrate", "the run left no measurement");
  std::sort(profile.curves.begin(), profile.curves.end(),
            [](const CostCurve& a, const CostCurve& b) { return a.kind < b.kind; });
  return profile;
}

}  // namespace gridlock::cli
