#include "core/data/element_value.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace gridlock {
namespace {

template <typename T>
const std::byte* bytes_of(const T& value) {
  return reinterpret_cast<const std::byte*>(&value);
}

TEST(ElementValue, AConstantFillsEveryElementOfEveryType) {
  for (const DTypeInfo& info : all_dtypes()) {
    std::vector<std::byte> buffer(5 * info.size);
    fill_constant(info.dtype, 3.0, buffer);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(element_to_double(info.dtype, &buffer[i * info.size]), 3.0);
    EXPECT_EQ(check_constant(info.dtype, 3.0, buffer), std::nullopt) << info.name;
  }
}

TEST(ElementValue, TheFirstWrongElementIsNamed) {
  for (const DTypeInfo& info : all_dtypes()) {
    std::vector<std::byte> buffer(5 * info.size);
    fill_constant(info.dtype, 3.0, buffer);
    fill_constant(info.dtype, 4.0, std::span(buffer).subspan(2 * info.size, 2 * info.size));
    EXPECT_EQ(check_constant(info.dtype, 3.0, buffer), (WrongElement{2, "3", "4"})) << info.name;
  }
}

TEST(ElementValue, AConstantIsRoundedToTheTypeBeforeItIsCompared) {
  float buffer = 0.1f;
  EXPECT_EQ(check_constant(DType::float32, 0.1, std::span(bytes_of(buffer), 4)), std::nullopt);
  EXPECT_EQ(check_constant(DType::float32, 0.2, std::span(bytes_of(buffer), 4)),
            (WrongElement{0, "0.2", "0.1"}));
}

TEST(ElementValue, NanEqualsNanAndNothingElse) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::byte> buffer(2);
  fill_constant(DType::float16, nan, buffer);
  EXPECT_EQ(check_constant(DType::float16, nan, buffer), std::nullopt);
  EXPECT_EQ(check_constant(DType::float16, 1.0, buffer), (WrongElement{0, "1", "nan"}));
}

TEST(ElementValue, IntegersHoldWholeNumbersOfTheirRangeOnly) {
  EXPECT_TRUE(holds_value(DType::int8, -128) && holds_value(DType::int8, 127));
  EXPECT_FALSE(holds_value(DType::int8, 128) || holds_value(DType::int8, -129) ||
               holds_value(DType::int8, 0.5));
  EXPECT_TRUE(holds_value(DType::uint8, 255) && holds_value(DType::uint8, 0));
  EXPECT_FALSE(holds_value(DType::uint8, 256) || holds_value(DType::uint8, -1));
  EXPECT_TRUE(holds_value(DType::int64, -0x1p63) && holds_value(DType::uint64, 0x1p63));
  EXPECT_FALSE(holds_value(DType::int64, 0x1p63) || holds_value(DType::uint64, 0x1p64));
  EXPECT_FALSE(holds_value(DType::int32, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(holds_value(DType::float8_e4m3, 1e9));
}

TEST(ElementValue, TextIsTheShortestThatNamesTheValue) {
  EXPECT_EQ(element_to_string(DType::float32, bytes_of(0.1f)), "0.1");
  EXPECT_EQ(element_to_string(DType::float64, bytes_of(0.1)), "0.1");
  EXPECT_EQ(element_to_string(DType::float16, bytes_of(std::uint16_t{0xFC00})), "-inf");
  EXPECT_EQ(element_to_string(DType::float8_e4m3, bytes_of(std::uint8_t{0xFF})), "nan");
  EXPECT_EQ(element_to_string(DType::int8, bytes_of(std::int8_t{-3})), "-3");
  EXPECT_EQ(element_to_string(DType::uint8, bytes_of(std::uint8_t{65})), "65");
  EXPECT_EQ(element_to_string(DType::uint64, bytes_of(~std::uint64_t{0})), "18446744073709551615");
}

TEST(ElementValue, SixtyFourBitIntegersAreReadWithoutRounding) {
  const std::int64_t value = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(element_to_int64(DType::int64, bytes_of(value)), value);
  EXPECT_EQ(element_to_int64(DType::uint8, bytes_of(std::uint8_t{200})), 200);
  EXPECT_EQ(element_to_int64(DType::int8, bytes_of(std::int8_t{-1})), -1);
}

}  // namespace
}  // namespace gridlock
