#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/base/check.h"
#include "core/data/dtype.h"
#include "core/data/float_formats.h"

/// The arithmetic of one element of each DType, for loops that are compiled per type. Each element class has
///   Storage    the bits of one element in a buffer
///   Work       what a loop computes with; every Work value that these functions return is exactly
///   representable in
///              Storage, so a loop rounds after each step as hardware of that type does
///   kMantissaBits, kExponentMax   floats only: 2^e is a normal number for |e| <= kExponentMax
///   load, store, add, multiply, divide(value, count), from_double, to_double
namespace gridlock {

/// Never true of an integer.
template <typename T>
constexpr bool is_nan(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

/// Integers wrap around modulo 2^bits, signed ones in two's complement; division truncates toward zero.
template <typename T>
struct IntegerElement {
  using Storage = T;
  using Work = T;
  using Unsigned = std::make_unsigned_t<T>;
  /// Wide enough that no operand is promoted to a signed type, whose overflow would be undefined.
  using Wide = std::conditional_t<(sizeof(T) < 8), std::uint32_t, std::uint64_t>;
  static constexpr bool kIsFloat = false;

  static Work load(Storage bits) { return bits; }
  static Storage store(Work value) { return value; }
  static Work add(Work a, Work b) { return wrap(static_cast<Wide>(a) + static_cast<Wide>(b)); }
  static Work multiply(Work a, Work b) { return wrap(static_cast<Wide>(a) * static_cast<Wide>(b)); }
  static Work divide(Work a, std::int64_t count) {
    if constexpr (std::is_signed_v<T>) return static_cast<T>(a / count);
    return static_cast<T>(a / static_cast<std::uint64_t>(count));
  }
  static bool holds(double value) {
    // Both limits are powers of two (or zero), exact as doubles, which the largest integer itself need not
    // be.
    const double end = std::ldexp(1.0, std::numeric_limits<T>::digits);
    return value >= (std::is_signed_v<T> ? -end : 0.0) && value < end && std::trunc(value) == value;
  }
  /// Requires: holds(value).
  static Work from_double(double value) {
    GRIDLOCK_CHECK(holds(value));
    return static_cast<T>(value);
  }
  static double to_double(Work value) { return static_cast<double>(value); }

 private:
  static Work wrap(Wide value) { return static_cast<T>(static_cast<Unsigned>(value)); }
};

/// float32 and float64.
template <typename T>
struct NativeFloatElement {
  using Storage = T;
  using Work = T;
  static constexpr bool kIsFloat = true;
  static constexpr int kMantissaBits = std::numeric_limits<T>::digits - 1;
  static constexpr int kExponentMax = std::numeric_limits<T>::max_exponent - 2;

  static Work load(Storage bits) { return bits; }
  static Storage store(Work value) { return value; }
  static Work add(Work a, Work b) { return a + b; }
  static Work multiply(Work a, Work b) { return a * b; }
  static Work from_double(double value) { return static_cast<T>(value); }
  static double to_double(Work value) { return value; }
};

/// The 8 and 16 bit floats. A float holds sums and products of two of them well enough that rounding it gives
/// the same result as rounding the exact value (24 >= 2 * 11 + 2 bits).
template <typename Format>
struct SmallFloatElement {
  using Storage = typename Format::Bits;
  using Work = float;
  static constexpr bool kIsFloat = true;
  static constexpr int kMantissaBits = Format::kMantissaBits;
  static constexpr int kExponentMax = Format::kBias - 1;

  static Work load(Storage bits) { return decode<Format>(bits); }
  static Storage store(Work value) { return encode<Format>(value); }
  static Work add(Work a, Work b) { return round_to<Format>(a + b); }
  static Work multiply(Work a, Work b) { return round_to<Format>(a * b); }
  static Work from_double(double value) { return decode<Format>(encode<Format>(value)); }
  static double to_double(Work value) { return value; }
};

/// Calls `visit` with a value of the element class of `dtype`: the one place where the type of a buffer
/// becomes a type of the language.
template <typename Visit>
decltype(auto) visit_element(DType dtype, Visit&& visit) {
  switch (dtype) {
    case DType::int8:
      return visit(IntegerElement<std::int8_t>{});
    case DType::uint8:
      return visit(IntegerElement<std::uint8_t>{});
    case DType::int16:
      return visit(IntegerElement<std::int16_t>{});
    case DType::uint16:
      return visit(IntegerElement<std::uint16_t>{});
    case DType::int32:
      return visit(IntegerElement<std::int32_t>{});
    case DType::uint32:
      return visit(IntegerElement<std::uint32_t>{});
    case DType::int64:
      return visit(IntegerElement<std::int64_t>{});
    case DType::uint64:
      return visit(IntegerElement<std::uint64_t>{});
    case DType::float16:
      return visit(SmallFloatElement<Float16Format>{});
    case DType::bfloat16:
      return visit(SmallFloatElement<BFloat16Format>{});
    case DType::float32:
      return visit(NativeFloatElement<float>{});
    case DType::float64:
      return visit(NativeFloatElement<double>{});
    case DType::float8_e4m3:
      return visit(SmallFloatElement<Float8E4M3Format>{});
    case DType::float8_e5m2:
      return visit(SmallFloatElement<Float8E5M2Format>{});
  }
  GRIDLOCK_CHECK(!"every element type is handled above");
}

/// Buffers are bytes of any alignment, so elements go through memcpy; compilers make plain (vector) loads of
/// it.
template <typename Element>
typename Element::Work load_element(const std::byte* bytes, std::size_t index) {
  typename Element::Storage bits;
  std::memcpy(&bits, bytes + index * sizeof(bits), sizeof(bits));
  return Element::load(bits);
}

/// The other way: rounds `value` to the element type. Same alignment rule.
template <typename Element>
void store_element(std::byte* bytes, std::size_t index, typename Element::Work value) {
  const typename Element::Storage bits = Element::store(value);
  std::memcpy(bytes + index * sizeof(bits), &bits, sizeof(bits));
}

}  // namespace gridlock
