#include "core/data/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace gridlock {
namespace {

using Numbers = std::vector<std::int32_t>;
using Members = std::vector<Numbers>;

DataMovement movement_of(CallKind kind, GroupRank size, std::int64_t count, GroupRank root = 0) {
  DataMovement movement;
  movement.kind = kind;
  movement.dtype = DType::int32;
  movement.size = size;
  movement.count = count;
  movement.root = root;
  return movement;
}

/// Member m's element i is 100 m + i: every element of every input is a different number.
Members inputs_for(const DataMovement& movement) {
  Members inputs;
  for (GroupRank member = 0; member < movement.size; ++member) {
    Numbers& input = inputs.emplace_back();
    for (std::int64_t i = 0; i < input_count(movement, member); ++i) {
      input.push_back(100 * member + static_cast<std::int32_t>(i));
    }
  }
  return inputs;
}

Members run(const DataMovement& movement, const Members& inputs) {
  Members outputs;
  std::vector<std::span<const std::byte>> read;
  std::vector<std::span<std::byte>> written;
  for (GroupRank member = 0; member < movement.size; ++member) {
    read.push_back(std::as_bytes(std::span(inputs[static_cast<std::size_t>(member)])));
    outputs.emplace_back(static_cast<std::size_t>(output_count(movement, member)), -1);
  }
  for (Numbers& output : outputs) written.push_back(std::as_writable_bytes(std::span(output)));
  run_reference(movement, read, written);
  return outputs;
}

Members run(const DataMovement& movement) { return run(movement, inputs_for(movement)); }

TEST(Reference, AllReduceGivesEveryMemberTheSum) {
  EXPECT_EQ(run(movement_of(CallKind::all_reduce, 3, 2)), (Members{{300, 303}, {300, 303}, {300, 303}}));
}

TEST(Reference, ReduceGivesTheRootAloneTheResult) {
  DataMovement movement = movement_of(CallKind::reduce, 3, 2, 1);
  movement.op = ReduceOp::max;
  EXPECT_EQ(run(movement), (Members{{}, {200, 201}, {}}));
}

TEST(Reference, ReduceScatterGivesMemberITheSumOfAllSharesI) {
  EXPECT_EQ(run(movement_of(CallKind::reduce_scatter, 2, 2)), (Members{{100, 102}, {104, 106}}));
}

TEST(Reference, BroadcastCopiesTheRootToAllAndToItself) {
  EXPECT_EQ(run(movement_of(CallKind::broadcast, 3, 2, 2)), (Members{{200, 201}, {200, 201}, {200, 201}}));
}

TEST(Reference, AllGatherAndGatherConcatenateInGroupOrder) {
  EXPECT_EQ(run(movement_of(CallKind::all_gather, 2, 2)), (Members{{0, 1, 100, 101}, {0, 1, 100, 101}}));
  EXPECT_EQ(run(movement_of(CallKind::gather, 2, 2, 1)), (Members{{}, {0, 1, 100, 101}}));
}

TEST(Reference, ScatterCutsTheRootsInputInGroupOrder) {
  EXPECT_EQ(run(movement_of(CallKind::scatter, 3, 2, 1)), (Members{{100, 101}, {102, 103}, {104, 105}}));
}

TEST(Reference, AllToAllTransposesShares) {
  EXPECT_EQ(run(movement_of(CallKind::all_to_all, 2, 2)), (Members{{0, 1, 100, 101}, {2, 3, 102, 103}}));
}

TEST(Reference, SendAndRecvCopyTheSendersInputToTheReceiver) {
  for (const CallKind kind : {CallKind::send, CallKind::recv}) {
    const DataMovement movement = movement_of(kind, 2, 2, 1);
    EXPECT_EQ(input_count(movement, 0), 0);
    EXPECT_EQ(run(movement)[0], (Numbers{100, 101}));
  }
}

TEST(Reference, AllGatherVTakesOneCountPerMemberZeroIncluded) {
  const std::vector<std::int64_t> counts = {2, 0, 1};
  DataMovement movement = movement_of(CallKind::all_gather_v, 3, 0);
  movement.counts = counts;
  EXPECT_EQ(run(movement), (Members{{0, 1, 200}, {0, 1, 200}, {0, 1, 200}}));
}

TEST(Reference, AllToAllVTakesAMatrixOfSendCounts) {
  const std::vector<std::int64_t> counts = {1, 2, 0, /**/ 0, 0, 3, /**/ 1, 1, 1};
  DataMovement movement = movement_of(CallKind::all_to_all_v, 3, 0);
  movement.counts = counts;
  EXPECT_EQ(run(movement), (Members{{0, 200}, {1, 2, 201}, {100, 101, 102, 202}}));
}

TEST(Reference, BarrierAndZeroCountsTouchNothing) {
  for (const OperationInfo& info : all_operations()) {
    DataMovement movement = movement_of(info.kind, 3, 0);
    const std::vector<std::int64_t> zeros(9, 0);
    if (info.count == CountMeaning::per_rank) {
      movement.counts = std::span(zeros).first(info.kind == CallKind::all_gather_v ? 3 : 9);
    }
    EXPECT_EQ(run(movement), (Members{{}, {}, {}})) << info.name;
  }
}

TEST(Reference, AGroupOfOneCopies) {
  for (const OperationInfo& info : all_operations()) {
    DataMovement movement = movement_of(info.kind, 1, 3);
    const std::vector<std::int64_t> counts = {3};
    if (info.count == CountMeaning::per_rank) movement.counts = counts;
    const Members expected = {info.kind == CallKind::barrier ? Numbers{} : Numbers{0, 1, 2}};
    EXPECT_EQ(run(movement), expected) << info.name;
  }
}

/// Runs with every buffer of a member laid over its other one as NCCL's in-place rule says (offset in
/// elements).
Members run_in_place(const DataMovement& movement, std::int64_t input_at_rank, std::int64_t output_at_rank) {
  Members memory(static_cast<std::size_t>(movement.size), Numbers(64, -1));
  const Members inputs = inputs_for(movement);
  std::vector<std::span<const std::byte>> read;
  std::vector<std::span<std::byte>> written;
  for (GroupRank rank = 0; rank < movement.size; ++rank) {
    const auto member = static_cast<std::size_t>(rank);
    const auto input = std::span(memory[member])
                           .subspan(static_cast<std::size_t>(rank * input_at_rank), inputs[member].size());
    std::copy(inputs[member].begin(), inputs[member].end(), input.begin());
    read.push_back(std::as_bytes(input));
    written.push_back(
        std::as_writable_bytes(std::span(memory[member])
                                   .subspan(static_cast<std::size_t>(rank * output_at_rank),
                                            static_cast<std::size_t>(output_count(movement, rank)))));
  }
  run_reference(movement, read, written);
  Members outputs;
  for (const std::span<std::byte> bytes : written) {
    const auto* numbers = reinterpret_cast<const std::int32_t*>(bytes.data());
    outputs.emplace_back(numbers, numbers + bytes.size() / sizeof(std::int32_t));
  }
  return outputs;
}

TEST(Reference, InPlaceGivesTheSameAsSeparateBuffers) {
  for (const OperationInfo& info : all_operations()) {
    if (info.in_place == InPlace::never || info.count == CountMeaning::per_rank) continue;
    const DataMovement movement = movement_of(info.kind, 3, 4, 1);
    const std::int64_t input_at = info.in_place == InPlace::input_share ? 4 : 0;
    const std::int64_t output_at = info.in_place == InPlace::output_share ? 4 : 0;
    EXPECT_EQ(run_in_place(movement, input_at, output_at), run(movement)) << info.name;
  }
}

}  // namespace
}  // namespace gridlock
