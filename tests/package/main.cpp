// What another project does first: ask a topology, then run four ranks that add up their numbers.
#include <array>
#include <cstdint>
#include <iostream>
#include <span>
#include <vector>

#include "core/grid/topology.h"
#include "sim/sim_world.h"

namespace {

using gridlock::RankId;

constexpr RankId kRankCount = 4;

/// Every rank contributes rank + 1 and keeps the sum of all.
gridlock::RankProgram adding_program(std::vector<std::int64_t>& sums) {
  gridlock::RankProgram program;
  program.world_size = kRankCount;
  program.main = [&sums](gridlock::Rank& rank) {
    std::array<std::int64_t, 1> value = {rank.id() + 1};
    const gridlock::BufferHandle buffer = rank.allocate(1, gridlock::DType::int64);
    rank.upload(buffer, std::as_bytes(std::span(value)));
    const gridlock::Status status = rank.run({.kind = gridlock::CallKind::all_reduce,
                                              .dtype = gridlock::DType::int64,
                                              .count = 1,
                                              .input = buffer,
                                              .output = buffer});
    if (!status.ok()) return;
    rank.download(buffer, std::as_writable_bytes(std::span(value)));
    sums[static_cast<std::size_t>(rank.id())] = value[0];
  };
  return program;
}

}  // namespace

int main() {
  const gridlock::ProcessTopology topology({"pipe", "data"}, {2, 2});
  if (topology.world_size() != kRankCount) return 1;

  std::vector<std::int64_t> sums(kRankCount);
  gridlock::SimWorld world;
  const gridlock::RunResult result = world.run({}, adding_program(sums), {});
  std::cout << gridlock::outcome_name(result.verdict.outcome) << '\n';
  const bool all_added = sums == std::vector<std::int64_t>(kRankCount, 1 + 2 + 3 + 4);
  return result.verdict.outcome == gridlock::Outcome::passed && all_added ? 0 : 1;
}
