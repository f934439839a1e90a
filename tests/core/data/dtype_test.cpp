#include "core/data/dtype.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace gridlock {
namespace {

// Values of ncclDataType_t in nccl.h of NCCL 2.28.
const std::map<std::string, int> kNcclNumbers = {{"int8", 0},     {"uint8", 1},        {"int32", 2},
                                                 {"uint32", 3},   {"int64", 4},        {"uint64", 5},
                                                 {"float16", 6},  {"float32", 7},      {"float64", 8},
                                                 {"bfloat16", 9}, {"float8_e4m3", 10}, {"float8_e5m2", 11}};

TEST(DTypeTable, NamesLeadBackToTheirTypes) {
  EXPECT_EQ(all_dtypes().size(), 14u);
  for (const DTypeInfo& info : all_dtypes()) {
    EXPECT_EQ(dtype_from_name(info.name), info.dtype);
    EXPECT_EQ(dtype_name(info.dtype), info.name);
  }
}

TEST(DTypeTable, TheDigitsInANameAreItsBits) {
  for (const DTypeInfo& info : all_dtypes()) {
    const std::string name(info.name);
    const std::size_t digits = name.find_first_of("0123456789");
    EXPECT_EQ(dtype_size(info.dtype) * 8, std::stoul(name.substr(digits))) << name;
  }
}

TEST(DTypeTable, TheClassFollowsFromTheName) {
  for (const DTypeInfo& info : all_dtypes()) {
    const std::string name(info.name);
    const NumberClass expected = name.find("float") != std::string::npos ? NumberClass::floating
                                 : name[0] == 'u'                        ? NumberClass::unsigned_integer
                                                                         : NumberClass::signed_integer;
    EXPECT_EQ(info.number_class, expected) << name;
  }
}

TEST(DTypeTable, NcclNumbersAreThoseOfNcclAndSixteenBitIntegersHaveNone) {
  for (const DTypeInfo& info : all_dtypes()) {
    const auto found = kNcclNumbers.find(std::string(info.name));
    const std::optional<int> expected =
        found == kNcclNumbers.end() ? std::nullopt : std::optional(found->second);
    EXPECT_EQ(info.nccl_number, expected) << info.name;
  }
  EXPECT_EQ(dtype_info(DType::int16).nccl_number, std::nullopt);
}

TEST(DTypeTable, OtherSpellingsAreNoTypes) {
  for (const char* name : {"", "float", "Float32", "float32 ", "bf16", "fp8", "int"}) {
    EXPECT_EQ(dtype_from_name(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace gridlock
