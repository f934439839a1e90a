#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gridlock {

/// Element types of buffers. int16 and uint16 exist in the simulator and on Gloo only: NCCL has no number for
/// them.
enum class DType : std::uint8_t {
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  float16,
  bfloat16,
  float32,
  float64,
  float8_e4m3,
  float8_e5m2,
};

/// The kind of arithmetic of an element type.
enum class NumberClass : std::uint8_t { signed_integer, unsigned_integer, floating };

/// One row of the table of element types.
///   name         the word in scenarios, traces and reports
///   size         bytes of one element
///   nccl_number  value of ncclDataType_t; empty when NCCL cannot carry the type (rule S22)
struct DTypeInfo {
  DType dtype;
  std::string_view name;
  std::size_t size;
  NumberClass number_class;
  std::optional<int> nccl_number;
};

/// All element types in declaration order.
std::span<const DTypeInfo> all_dtypes();
const DTypeInfo& dtype_info(DType dtype);
std::size_t dtype_size(DType dtype);
std::string_view dtype_name(DType dtype);
/// The type with exactly that name, or nothing.
std::optional<DType> dtype_from_name(std::string_view name);

}  // namespace gridlock
