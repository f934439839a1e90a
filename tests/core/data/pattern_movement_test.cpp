#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/data/pattern.h"
#include "core/data/reference.h"

namespace gridlock {
namespace {

using Bytes = std::vector<std::byte>;

/// One operation of a group as each rank sees it, with counts where the operation is uneven: rank i sends
/// (i + 2 j) mod 4 elements to rank j, or contributes i mod 3.
class PatternMovement {
 public:
  PatternMovement(CallKind kind, DType dtype, GroupRank size, std::int64_t count) {
    movement_.kind = kind;
    movement_.dtype = dtype;
    movement_.size = size;
    movement_.count = count;
    movement_.root = size - 1;
    if (kind == CallKind::all_gather_v) {
      for (GroupRank i = 0; i < size; ++i) counts_.push_back(i % 3);
    } else if (kind == CallKind::all_to_all_v) {
      for (GroupRank i = 0; i < size * size; ++i) counts_.push_back(sent(i / size, i % size));
    }
    movement_.counts = counts_;
    for (GroupRank rank = 0; rank < size; ++rank) own_counts_.push_back(counts_of(rank));
  }

  PatternSpec spec(GroupRank rank) const {
    PatternSpec spec;
    spec.seed = 7;
    spec.kind = movement_.kind;
    spec.dtype = movement_.dtype;
    spec.size = movement_.size;
    spec.rank = rank;
    spec.peer = movement_.root;
    spec.count = movement_.count;
    spec.counts = own_counts_[static_cast<std::size_t>(rank)];
    return spec;
  }

  /// Every rank's output, computed by the reference from every rank's pattern.
  std::vector<Bytes> run() const {
    std::vector<Bytes> inputs;
    std::vector<Bytes> outputs;
    for (GroupRank rank = 0; rank < movement_.size; ++rank) {
      const std::size_t element = dtype_size(movement_.dtype);
      inputs.emplace_back(static_cast<std::size_t>(input_count(spec(rank))) * element);
      outputs.emplace_back(static_cast<std::size_t>(output_count(spec(rank))) * element);
      fill_pattern(spec(rank), inputs.back());
    }
    const std::vector<std::span<const std::byte>> read(inputs.begin(), inputs.end());
    run_reference(movement_, read, std::vector<std::span<std::byte>>(outputs.begin(), outputs.end()));
    return outputs;
  }

 private:
  static std::int64_t sent(GroupRank from, GroupRank to) { return (from + 2 * to) % 4; }

  std::vector<std::int64_t> counts_of(GroupRank rank) const {
    if (movement_.kind != CallKind::all_to_all_v) return counts_;
    std::vector<std::int64_t> counts;
    for (GroupRank to = 0; to < movement_.size; ++to) counts.push_back(sent(rank, to));
    for (GroupRank from = 0; from < movement_.size; ++from) counts.push_back(sent(from, rank));
    return counts;
  }

  DataMovement movement_;
  std::vector<std::int64_t> counts_;
  std::vector<std::vector<std::int64_t>> own_counts_;
};

TEST(PatternMovement, EveryCollectiveOfEveryTypeDeliversWhatEachRankExpects) {
  for (const OperationInfo& operation : all_operations()) {
    if (operation.is_p2p) continue;
    for (const DTypeInfo& dtype : all_dtypes()) {
      for (const GroupRank size : {1, 2, 3, 8}) {
        for (const std::int64_t count : {0, 1, 7}) {
          const PatternMovement movement(operation.kind, dtype.dtype, size, count);
          const std::vector<Bytes> outputs = movement.run();
          for (GroupRank rank = 0; rank < size; ++rank) {
            ASSERT_EQ(check_pattern(movement.spec(rank), outputs[static_cast<std::size_t>(rank)]),
                      std::nullopt)
                << operation.name << " " << dtype.name << " " << size << " " << count << " rank " << rank;
          }
        }
      }
    }
  }
}

TEST(PatternMovement, AReceiverExpectsWhatItsSenderFills) {
  PatternSpec spec;
  spec.size = 4;
  spec.count = 9;
  spec.kind = CallKind::send;
  spec.rank = 1;
  spec.peer = 3;
  Bytes sent(9 * 4);
  fill_pattern(spec, sent);
  spec.kind = CallKind::recv;
  std::swap(spec.rank, spec.peer);
  EXPECT_EQ(check_pattern(spec, sent), std::nullopt);
  spec.peer = 2;  // data of another sender
  EXPECT_NE(check_pattern(spec, sent), std::nullopt);
  spec.peer = 1;
  spec.rank = 0;  // data meant for another receiver
  EXPECT_NE(check_pattern(spec, sent), std::nullopt);
}

TEST(PatternMovement, SharesOfTwoSendersOrReceiversAreNeverAlike) {
  for (const CallKind kind : {CallKind::all_gather, CallKind::all_to_all}) {
    const PatternMovement movement(kind, DType::float32, 4, 16);
    Bytes output = movement.run()[0];
    std::swap_ranges(output.begin(), output.begin() + 64, output.begin() + 64);
    const std::optional<WrongElement> wrong = check_pattern(movement.spec(0), output);
    ASSERT_TRUE(wrong.has_value());
    EXPECT_EQ(wrong->index, 0);
  }
  const PatternMovement movement(CallKind::all_to_all, DType::float32, 4, 16);
  EXPECT_NE(check_pattern(movement.spec(0), movement.run()[1]), std::nullopt);
}

TEST(PatternMovement, MovedDataIsFiniteInEveryType) {
  for (const DTypeInfo& dtype : all_dtypes()) {
    const Bytes output = PatternMovement(CallKind::broadcast, dtype.dtype, 1, 5000).run()[0];
    for (std::size_t at = 0; at < output.size(); at += dtype.size) {
      ASSERT_TRUE(std::isfinite(element_to_double(dtype.dtype, &output[at]))) << dtype.name;
    }
  }
}

}  // namespace
}  // namespace gridlock
