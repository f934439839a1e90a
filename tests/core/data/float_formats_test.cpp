#include "core/data/float_formats.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace gridlock {
namespace {

/// Value of a code from the definition of a binary format, by arithmetic on its three fields.
template <typename Format>
double value_by_definition(unsigned code) {
  const unsigned magnitude = code & (Format::kSign - 1u);
  const double sign = code & Format::kSign ? -1.0 : 1.0;
  const int exponent = static_cast<int>(magnitude >> Format::kMantissaBits);
  const int mantissa = static_cast<int>(magnitude & ((1u << Format::kMantissaBits) - 1));
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - Format::kBias - Format::kMantissaBits);
  return sign * std::ldexp(mantissa + (1 << Format::kMantissaBits),
                           exponent - Format::kBias - Format::kMantissaBits);
}

/// The nearest finite code by search; ties go to the even code, beyond the largest by the rule of the format.
template <typename Format>
unsigned nearest_by_search(double value) {
  const unsigned sign = std::signbit(value) ? Format::kSign : 0u;
  const double magnitude = std::abs(value);
  unsigned low = 0;
  unsigned high = Format::kLargest;
  while (low < high) {  // the last code whose value does not exceed the magnitude
    const unsigned middle = (low + high + 1) / 2;
    if (value_by_definition<Format>(middle) <= magnitude)
      low = middle;
    else
      high = middle - 1;
  }
  const double below = value_by_definition<Format>(low);
  const double above = value_by_definition<Format>(low + 1);  // one step on, even past the largest
  const bool up =
      magnitude - below > above - magnitude || (magnitude - below == above - magnitude && low % 2 == 1);
  unsigned code = low + (up ? 1 : 0);
  if (std::isinf(value)) code = Format::kLargest + 1u;
  if (code > Format::kLargest && Format::kOverflow == Overflow::saturate) code = Format::kLargest;
  return sign | code;
}

template <typename Format>
class FloatFormatTest : public testing::Test {};
using Formats = testing::Types<Float16Format, BFloat16Format, Float8E4M3Format, Float8E5M2Format>;
TYPED_TEST_SUITE(FloatFormatTest, Formats);

TYPED_TEST(FloatFormatTest, EveryFiniteCodeHasTheValueOfItsFieldsAndEncodesBackToItself) {
  for (unsigned code = 0; code < 2u * TypeParam::kSign; ++code) {
    if ((code & (TypeParam::kSign - 1u)) > TypeParam::kLargest) continue;
    const float value = decode<TypeParam>(static_cast<typename TypeParam::Bits>(code));
    ASSERT_EQ(value, value_by_definition<TypeParam>(code)) << code;
    ASSERT_EQ(encode<TypeParam>(value), code);
    ASSERT_EQ(encode<TypeParam>(static_cast<double>(value)), code);
  }
}

TYPED_TEST(FloatFormatTest, EveryCodeAboveTheFiniteOnesIsInfinityOrNan) {
  for (unsigned code = 0; code < 2u * TypeParam::kSign; ++code) {
    const unsigned magnitude = code & (TypeParam::kSign - 1u);
    if (magnitude <= TypeParam::kLargest) continue;
    const float value = decode<TypeParam>(static_cast<typename TypeParam::Bits>(code));
    const bool is_infinity = magnitude % (1u << TypeParam::kMantissaBits) == 0;
    ASSERT_EQ(std::isinf(value), is_infinity) << code;
    ASSERT_EQ(std::isnan(value), !is_infinity) << code;
  }
}

TYPED_TEST(FloatFormatTest, PointsBetweenNeighboursRoundToTheNearestAndMidpointsToTheEvenCode) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (unsigned code = 0; code <= TypeParam::kLargest; ++code) {
    const double below = value_by_definition<TypeParam>(code);
    const double middle = (below + value_by_definition<TypeParam>(code + 1)) / 2;
    for (const double value : {std::nextafter(middle, 0.0), middle, std::nextafter(middle, infinity)}) {
      ASSERT_EQ(encode<TypeParam>(value), nearest_by_search<TypeParam>(value)) << value;
      ASSERT_EQ(encode<TypeParam>(-value), nearest_by_search<TypeParam>(-value)) << value;
    }
    const auto middle_float = static_cast<float>(middle);
    if (middle_float != middle) continue;
    for (const float value :
         {std::nextafter(middle_float, 0.0f), middle_float, std::nextafter(middle_float, 1e38f)}) {
      ASSERT_EQ(encode<TypeParam>(value), nearest_by_search<TypeParam>(value)) << value;
      ASSERT_EQ(round_to<TypeParam>(-value), decode<TypeParam>(encode<TypeParam>(-value))) << value;
    }
  }
}

TYPED_TEST(FloatFormatTest, RandomFloatBitsRoundAsTheSearchSays) {
  std::mt19937 bits(20240607);
  for (int i = 0; i < 200000; ++i) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits()));
    if (std::isnan(value)) continue;
    ASSERT_EQ(encode<TypeParam>(value), nearest_by_search<TypeParam>(value)) << value;
    ASSERT_EQ(round_to<TypeParam>(value), decode<TypeParam>(encode<TypeParam>(value))) << value;
  }
}

TYPED_TEST(FloatFormatTest, NanEncodesToTheOneNanWithoutSign) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(encode<TypeParam>(nan), TypeParam::kNan);
  EXPECT_EQ(encode<TypeParam>(-nan), TypeParam::kNan);
  EXPECT_EQ(encode<TypeParam>(static_cast<double>(nan)), TypeParam::kNan);
  EXPECT_TRUE(std::isnan(decode<TypeParam>(TypeParam::kNan)));
  EXPECT_TRUE(std::isnan(round_to<TypeParam>(nan)));
}

TEST(FloatFormats, InfinityStaysInfinityInTheIeeeFormatsAndSaturatesInTheEightBitOnes) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(encode<Float16Format>(infinity), 0x7C00);
  EXPECT_EQ(encode<BFloat16Format>(-infinity), 0xFF80);
  EXPECT_EQ(encode<Float8E4M3Format>(infinity), 0x7E);
  EXPECT_EQ(encode<Float8E5M2Format>(-infinity), 0xFB);
}

TEST(FloatFormats, WellKnownCodes) {
  EXPECT_EQ(encode<Float16Format>(1.0f), 0x3C00);
  EXPECT_EQ(encode<Float16Format>(65519.0f), 0x7BFF);
  EXPECT_EQ(encode<Float16Format>(65520.0f), 0x7C00);
  EXPECT_EQ(encode<BFloat16Format>(1.0f), 0x3F80);
  EXPECT_EQ(decode<Float8E4M3Format>(0x7E), 448.0f);
  EXPECT_EQ(decode<Float8E4M3Format>(0x01), 0x1p-9f);
  EXPECT_EQ(decode<Float8E5M2Format>(0x7B), 57344.0f);
  EXPECT_EQ(decode<Float8E5M2Format>(0x01), 0x1p-16f);
  EXPECT_EQ(encode<Float8E4M3Format>(464.0f), 0x7E);
}

}  // namespace
}  // namespace gridlock
