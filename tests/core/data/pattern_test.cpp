#include "core/data/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/reduction.h"
#include "core/data/reference.h"

namespace gridlock {
namespace {

using Bytes = std::vector<std::byte>;

PatternSpec reduction_spec(DType dtype, ReduceOp op, GroupRank size, std::int64_t count,
                           double scalar = 1.0) {
  PatternSpec spec;
  spec.seed = 42;
  spec.dtype = dtype;
  spec.op = op;
  spec.size = size;
  spec.count = count;
  spec.scalar = scalar;
  return spec;
}

std::vector<Bytes> inputs_of(PatternSpec spec) {
  std::vector<Bytes> inputs;
  for (spec.rank = 0; spec.rank < spec.size; ++spec.rank) {
    inputs.emplace_back(static_cast<std::size_t>(input_count(spec)) * dtype_size(spec.dtype));
    fill_pattern(spec, inputs.back());
  }
  return inputs;
}

Bytes reduce_all(const PatternSpec& spec, const std::vector<Bytes>& buffers) {
  const std::vector<std::span<const std::byte>> inputs(buffers.begin(), buffers.end());
  Bytes output(buffers[0].size());
  reduce_into(spec.dtype, spec.op, spec.scalar, inputs, output);
  return output;
}

class PatternReductionTest : public testing::TestWithParam<DType> {};

std::vector<DType> every_dtype() {
  std::vector<DType> dtypes;
  for (const DTypeInfo& info : all_dtypes()) dtypes.push_back(info.dtype);
  return dtypes;
}

INSTANTIATE_TEST_SUITE_P(All, PatternReductionTest, testing::ValuesIn(every_dtype()),
                         [](const auto& test) { return std::string(dtype_name(test.param)); });

TEST_P(PatternReductionTest, TheFormulaEqualsTheReductionInEitherOrder) {
  for (const ReduceOpInfo& op : all_reduce_ops()) {
    SCOPED_TRACE(op.name);
    for (const GroupRank size : {1, 2, 3, 5, 8, 48, 64}) {
      for (const std::int64_t count : {0, 1, 7, 1024}) {
        const PatternSpec spec = reduction_spec(GetParam(), op.op, size, count, 3.0);
        std::vector<Bytes> inputs = inputs_of(spec);
        ASSERT_EQ(check_pattern(spec, reduce_all(spec, inputs)), std::nullopt)
            << size << " ranks, count " << count;
        std::reverse(inputs.begin(), inputs.end());
        ASSERT_EQ(check_pattern(spec, reduce_all(spec, inputs)), std::nullopt) << size << " ranks reversed";
      }
    }
  }
}

TEST_P(PatternReductionTest, ReducingHalvesFirstAsATreeDoesGivesTheSame) {
  for (const ReduceOp op : {ReduceOp::sum, ReduceOp::prod, ReduceOp::max, ReduceOp::min}) {
    for (const GroupRank size : {3, 8, 64}) {
      const PatternSpec spec = reduction_spec(GetParam(), op, size, 257);
      const std::vector<Bytes> inputs = inputs_of(spec);
      const auto middle = inputs.begin() + size / 2;
      const std::vector<Bytes> halves = {reduce_all(spec, {inputs.begin(), middle}),
                                         reduce_all(spec, {middle, inputs.end()})};
      ASSERT_EQ(check_pattern(spec, reduce_all(spec, halves)), std::nullopt) << size;
    }
  }
}

TEST_P(PatternReductionTest, OneCorruptedElementIsFoundWhereverItIs) {
  for (const ReduceOpInfo& op : all_reduce_ops()) {
    SCOPED_TRACE(op.name);
    const PatternSpec spec = reduction_spec(GetParam(), op.op, 8, 33, 2.0);
    const std::size_t size = dtype_size(spec.dtype);
    Bytes output(33 * size);
    expected_pattern(spec, output);
    EXPECT_EQ(check_pattern(spec, output), std::nullopt);
    for (std::size_t index = 0; index < 33; ++index) {
      Bytes corrupted = output;
      corrupted[index * size] ^= std::byte{1};
      const std::optional<WrongElement> wrong = check_pattern(spec, corrupted);
      ASSERT_TRUE(wrong.has_value());
      EXPECT_EQ(wrong->index, static_cast<std::int64_t>(index));
      EXPECT_EQ(wrong->expected, element_to_string(spec.dtype, &output[index * size]));
      EXPECT_EQ(wrong->got, element_to_string(spec.dtype, &corrupted[index * size]));
    }
  }
}

TEST_P(PatternReductionTest, ARankThatIsLeftOutOrCountedForAnotherIsFound) {
  for (const ReduceOpInfo& op : all_reduce_ops()) {
    SCOPED_TRACE(op.name);
    for (const GroupRank size : {2, 8, 64}) {
      const PatternSpec spec = reduction_spec(GetParam(), op.op, size, 1024, 2.0);
      const std::vector<Bytes> inputs = inputs_of(spec);
      for (std::size_t rank = 0; rank < inputs.size(); rank += 1 + inputs.size() / 8) {
        std::vector<Bytes> doubled = inputs;
        doubled[rank] = inputs[(rank + 1) % inputs.size()];
        ASSERT_NE(check_pattern(spec, reduce_all(spec, doubled)), std::nullopt) << rank << " of " << size;
      }
    }
  }
}

TEST_P(PatternReductionTest, DataOfAnotherCallIsFound) {
  for (const ReduceOpInfo& op : all_reduce_ops()) {
    SCOPED_TRACE(op.name);
    PatternSpec spec = reduction_spec(GetParam(), op.op, 8, 64, 2.0);
    const Bytes output = reduce_all(spec, inputs_of(spec));
    spec.seed = 43;
    EXPECT_NE(check_pattern(spec, output), std::nullopt);
  }
}

TEST(Pattern, AddingFirstAndDividingLastGivesTheSameFloatAverage) {
  for (const DTypeInfo& info : all_dtypes()) {
    if (info.number_class != NumberClass::floating) continue;
    for (const GroupRank size : {2, 3, 5, 8, 48, 64}) {
      const PatternSpec spec = reduction_spec(info.dtype, ReduceOp::avg, size, 300);
      const std::vector<Bytes> inputs = inputs_of(spec);
      Bytes output(inputs[0].size());
      for (std::size_t at = 0; at < output.size(); at += info.size) {
        double sum = 0;
        for (const Bytes& input : inputs) sum += element_to_double(info.dtype, &input[at]);
        fill_constant(info.dtype, sum / size, std::span(&output[at], info.size));
      }
      EXPECT_EQ(check_pattern(spec, output), std::nullopt) << info.name << " " << size;
    }
  }
}

TEST(Pattern, ScalarsWithManyDigitsStayExactInFloatTypes) {
  for (const DTypeInfo& info : all_dtypes()) {
    if (info.number_class != NumberClass::floating) continue;
    for (const double scalar : {0.0, 0.1, -1.5, 1.0 / 3, 0.0625, 16.0}) {
      for (const GroupRank size : {1, 3, 64}) {
        const PatternSpec spec = reduction_spec(info.dtype, ReduceOp::premul_sum, size, 300, scalar);
        EXPECT_EQ(check_pattern(spec, reduce_all(spec, inputs_of(spec))), std::nullopt)
            << info.name << " " << scalar;
      }
    }
  }
}

TEST(Pattern, LargeGroupsStayExact) {
  for (const DTypeInfo& info : all_dtypes()) {
    for (const ReduceOpInfo& op : all_reduce_ops()) {
      for (const GroupRank size : {1000, 4096}) {
        const PatternSpec spec = reduction_spec(info.dtype, op.op, size, 5, 2.0);
        EXPECT_EQ(check_pattern(spec, reduce_all(spec, inputs_of(spec))), std::nullopt)
            << info.name << op.name;
      }
    }
  }
}

}  // namespace
}  // namespace gridlock
