#include "core/data/dtype.h"

#include <array>

#include "core/base/check.h"

namespace gridlock {
namespace {

using enum NumberClass;

constexpr std::array<DTypeInfo, 14> kDTypes{{
    {DType::int8, "int8", 1, signed_integer, 0},
    {DType::uint8, "uint8", 1, unsigned_integer, 1},
    {DType::int16, "int16", 2, signed_integer, std::nullopt},
    {DType::uint16, "uint16", 2, unsigned_integer, std::nullopt},
    {DType::int32, "int32", 4, signed_integer, 2},
    {DType::uint32, "uint32", 4, unsigned_integer, 3},
    {DType::int64, "int64", 8, signed_integer, 4},
    {DType::uint64, "uint64", 8, unsigned_integer, 5},
    {DType::float16, "float16", 2, floating, 6},
    {DType::bfloat16, "bfloat16", 2, floating, 9},
    {DType::float32, "float32", 4, floating, 7},
    {DType::float64, "float64", 8, floating, 8},
    {DType::float8_e4m3, "float8_e4m3", 1, floating, 10},
    {DType::float8_e5m2, "float8_e5m2", 1, floating, 11},
}};

}  // namespace

std::span<const DTypeInfo> all_dtypes() { return kDTypes; }

const DTypeInfo& dtype_info(DType dtype) {
  const auto index = static_cast<std::size_t>(dtype);
  GRIDLOCK_CHECK(index < kDTypes.size() && kDTypes[index].dtype == dtype);
  return kDTypes[index];
}

std::size_t dtype_size(DType dtype) { return dtype_info(dtype).size; }

std::string_view dtype_name(DType dtype) { return dtype_info(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeInfo& info : kDTypes) {
    if (info.name == name) return info.dtype;
  }
  return std::nullopt;
}

}  // namespace gridlock
