#include "core/data/reduction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "core/data/element_value.h"

namespace gridlock {
namespace {

using Bytes = std::vector<std::byte>;

template <typename T>
Bytes bytes_of(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Reduces rows of values and hands the result back as values.
template <typename T>
std::vector<T> reduced(DType dtype, ReduceOp op, const std::vector<std::vector<T>>& rows,
                       double scalar = 1.0) {
  std::vector<Bytes> buffers;
  for (const std::vector<T>& row : rows) buffers.push_back(bytes_of(row));
  const std::vector<std::span<const std::byte>> inputs(buffers.begin(), buffers.end());
  std::vector<T> output(rows[0].size());
  reduce_into(dtype, op, scalar, inputs, std::as_writable_bytes(std::span(output)));
  return output;
}

/// The same for small floats, given and returned as numbers.
std::vector<double> reduced_numbers(DType dtype, ReduceOp op, const std::vector<std::vector<double>>& rows,
                                    double scalar = 1.0) {
  const std::size_t size = dtype_size(dtype);
  std::vector<Bytes> buffers;
  for (const std::vector<double>& row : rows) {
    Bytes& buffer = buffers.emplace_back(row.size() * size);
    for (std::size_t i = 0; i < row.size(); ++i)
      fill_constant(dtype, row[i], std::span(&buffer[i * size], size));
  }
  const std::vector<std::span<const std::byte>> inputs(buffers.begin(), buffers.end());
  Bytes output(buffers[0].size());
  reduce_into(dtype, op, scalar, inputs, output);
  std::vector<double> numbers;
  for (std::size_t i = 0; i < output.size(); i += size)
    numbers.push_back(element_to_double(dtype, &output[i]));
  return numbers;
}

template <typename T>
using Rows = std::vector<std::vector<T>>;

TEST(Reduction, EveryOperationOfTwoSmallNumbersIsThatOfArithmeticInEveryType) {
  for (const DTypeInfo& info : all_dtypes()) {
    SCOPED_TRACE(info.name);
    const Rows<double> rows = {{6, 2, 4}, {2, 3, 4}};
    EXPECT_EQ(reduced_numbers(info.dtype, ReduceOp::sum, rows), (std::vector<double>{8, 5, 8}));
    EXPECT_EQ(reduced_numbers(info.dtype, ReduceOp::prod, rows), (std::vector<double>{12, 6, 16}));
    EXPECT_EQ(reduced_numbers(info.dtype, ReduceOp::max, rows), (std::vector<double>{6, 3, 4}));
    EXPECT_EQ(reduced_numbers(info.dtype, ReduceOp::min, rows), (std::vector<double>{2, 2, 4}));
    EXPECT_EQ(reduced_numbers(info.dtype, ReduceOp::premul_sum, rows, 2.0),
              (std::vector<double>{16, 10, 16}));
    const double half = info.number_class == NumberClass::floating ? 2.5 : 2;
    EXPECT_EQ(reduced_numbers(info.dtype, ReduceOp::avg, rows), (std::vector<double>{4, half, 4}));
  }
}

TEST(Reduction, OneInputIsCopiedOrScaled) {
  EXPECT_EQ(reduced<float>(DType::float32, ReduceOp::avg, {{1.5f, -2.0f}}),
            (std::vector<float>{1.5f, -2.0f}));
  EXPECT_EQ(reduced<float>(DType::float32, ReduceOp::premul_sum, {{1.5f}}, 4.0), (std::vector<float>{6.0f}));
  EXPECT_EQ(reduced<std::int8_t>(DType::int8, ReduceOp::max, {{-7}}), (std::vector<std::int8_t>{-7}));
}

TEST(Reduction, NoElementsAreReducedToNoElements) {
  EXPECT_TRUE(reduced<float>(DType::float32, ReduceOp::sum, {{}, {}, {}}).empty());
}

// Measured on 2 H200 with NCCL 2.28: ncclAvg of int32 1 and 4 is 2.
TEST(Reduction, AverageOfIntegersIsTruncatedTowardZero) {
  EXPECT_EQ(reduced<std::int32_t>(DType::int32, ReduceOp::avg, {{1, -1}, {4, -4}}),
            (std::vector<std::int32_t>{2, -2}));
  EXPECT_EQ(reduced<std::uint8_t>(DType::uint8, ReduceOp::avg, {{3}, {3}, {2}}),
            (std::vector<std::uint8_t>{2}));
}

TEST(Reduction, IntegersWrapAround) {
  EXPECT_EQ(reduced<std::int8_t>(DType::int8, ReduceOp::sum, {{127, -128}, {1, -1}}),
            (std::vector<std::int8_t>{-128, 127}));
  EXPECT_EQ(reduced<std::uint16_t>(DType::uint16, ReduceOp::prod, {{65535}, {65535}}),
            (std::vector<std::uint16_t>{1}));
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(reduced<std::int64_t>(DType::int64, ReduceOp::premul_sum, {{most}, {0}}, 2.0),
            (std::vector<std::int64_t>{-2}));
}

TEST(Reduction, SmallFloatsAreRoundedAfterEveryStep) {
  // 2048 + 1 is no float16 and rounds to 2048, twice; the exact sum 2050 is one.
  EXPECT_EQ(reduced_numbers(DType::float16, ReduceOp::sum, {{2048}, {1}, {1}}), (std::vector<double>{2048}));
  EXPECT_EQ(reduced_numbers(DType::float16, ReduceOp::sum, {{1}, {1}, {2048}}), (std::vector<double>{2050}));
  // e5m2 keeps 3 bits: 1.25 * 1.25 = 1.5625 rounds to 1.5, and 1.5 * 1.25 = 1.875 to the even 2.
  EXPECT_EQ(reduced_numbers(DType::float8_e5m2, ReduceOp::prod, {{1.25}, {1.25}, {1.25}}),
            (std::vector<double>{2}));
}

TEST(Reduction, EightBitFloatsSaturateAndSixteenBitOnesOverflow) {
  EXPECT_EQ(reduced_numbers(DType::float8_e4m3, ReduceOp::sum, {{448}, {448}}), (std::vector<double>{448}));
  EXPECT_EQ(reduced_numbers(DType::float8_e5m2, ReduceOp::prod, {{-57344}, {2}}),
            (std::vector<double>{-57344}));
  EXPECT_EQ(reduced_numbers(DType::float16, ReduceOp::sum, {{65504}, {65504}}),
            (std::vector<double>{std::numeric_limits<double>::infinity()}));
}

TEST(Reduction, FloatAverageMultipliesByTheRoundedReciprocalFirst) {
  const float third = 1.0f / 3.0f;
  const float expected = (5.0f * third + 7.0f * third) + 8.0f * third;
  EXPECT_EQ(reduced<float>(DType::float32, ReduceOp::avg, {{5}, {7}, {8}}), (std::vector<float>{expected}));
}

TEST(Reduction, MaxAndMinPreferNumbersToNanAndSumsKeepIt) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(reduced<float>(DType::float32, ReduceOp::max, {{nan, 1}, {1, nan}}), (std::vector<float>{1, 1}));
  EXPECT_EQ(reduced_numbers(DType::float8_e4m3, ReduceOp::min, {{nan, 1}, {1, nan}}),
            (std::vector<double>{1, 1}));
  EXPECT_TRUE(std::isnan(reduced<float>(DType::float32, ReduceOp::max, {{nan}, {nan}})[0]));
  EXPECT_TRUE(std::isnan(reduced_numbers(DType::bfloat16, ReduceOp::sum, {{nan}, {1}})[0]));
}

TEST(Reduction, LongUnalignedBuffersWithAnOddTailEqualAPlainLoop) {
  std::mt19937 bits(7);
  for (const std::size_t count : {1023u, 1024u, 1025u, 5000u}) {
    Rows<float> rows(5, std::vector<float>(count));
    for (std::vector<float>& row : rows) {
      for (float& value : row) value = static_cast<float>(static_cast<std::int32_t>(bits()));
    }
    std::vector<float> expected = rows[0];
    for (std::size_t r = 1; r < rows.size(); ++r) {
      for (std::size_t i = 0; i < count; ++i) expected[i] += rows[r][i];
    }
    EXPECT_EQ(reduced<float>(DType::float32, ReduceOp::sum, rows), expected);
    std::vector<Bytes> shifted;  // every buffer starts one byte off
    for (const std::vector<float>& row : rows) {
      shifted.push_back(bytes_of(row));
      shifted.back().insert(shifted.back().begin(), std::byte{0});
    }
    std::vector<std::span<const std::byte>> inputs;
    for (const Bytes& buffer : shifted) inputs.push_back(std::span(buffer).subspan(1));
    reduce_into(DType::float32, ReduceOp::sum, 1.0, inputs,
                std::span(shifted[3]).subspan(1));  // and in place
    EXPECT_EQ(std::memcmp(&shifted[3][1], expected.data(), count * 4), 0);
  }
}

}  // namespace
}  // namespace gridlock
