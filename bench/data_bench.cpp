#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "core/data/reduction.h"
#include "core/history/history.h"

namespace gridlock {
namespace {

constexpr std::size_t kInputs = 8;
constexpr std::size_t kBytes = std::size_t{64} << 20U;

// One all_reduce of 8 ranks x 64 MiB of float32: every input read once, the output written once.
void reduce_eight_inputs(benchmark::State& state) {
  const std::vector<std::vector<std::byte>> buffers(kInputs, std::vector<std::byte>(kBytes));
  const std::vector<std::span<const std::byte>> inputs(buffers.begin(), buffers.end());
  std::vector<std::byte> output(kBytes);
  for (auto _ : state) {
    reduce_into(DType::float32, ReduceOp::sum, 1.0, inputs, output);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>((kInputs + 1) * kBytes));
}
BENCHMARK(reduce_eight_inputs)->Unit(benchmark::kMillisecond);

// What to compare it with: the bytes of a copy are read once and written once.
void copy(benchmark::State& state) {
  const std::vector<std::byte> input(kBytes);
  std::vector<std::byte> output(kBytes);
  for (auto _ : state) {
    std::memcpy(output.data(), input.data(), kBytes);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * kBytes));
}
BENCHMARK(copy)->Unit(benchmark::kMillisecond);

Record call_number(std::int32_t sequence, GroupRank peer) {
  Record record;
  record.sequence = sequence;
  record.peer = peer;
  return record;
}

// The append of ranks that did the same as the one before: a look-up and no memory.
void append_known_record(benchmark::State& state) {
  HistoryStore store;
  HistoryNode node = HistoryNode::empty;
  for (std::int32_t i = 0; i < 64; ++i) node = store.append(node, call_number(i, 0));
  for (auto _ : state) {
    node = HistoryNode::empty;
    for (std::int32_t i = 0; i < 64; ++i) node = store.append(node, call_number(i, 0));
    benchmark::DoNotOptimize(node);
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(append_known_record);

// The same when every rank differs from the start.
void append_new_record(benchmark::State& state) {
  HistoryStore store;
  GroupRank rank = 0;
  for (auto _ : state) {
    HistoryNode node = HistoryNode::empty;
    for (std::int32_t i = 0; i < 64; ++i) node = store.append(node, call_number(i, rank));
    benchmark::DoNotOptimize(node);
    ++rank;
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(append_new_record)->Iterations(20000);

}  // namespace
}  // namespace gridlock
