#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/data/dtype.h"

namespace gridlock {

/// The first element of a buffer that is not what it should be. Index counts elements of the buffer.
struct WrongElement {
  std::int64_t index = 0;
  std::string expected;
  std::string got;

  bool operator==(const WrongElement&) const = default;
};

/// Whether a buffer of the type can hold the number: any for floats (which round it), a whole number in range
/// for integers. Input from users is checked with this first.
bool holds_value(DType dtype, double value);

/// Sets every element to `value`, rounded to the type. Requires: holds_value; size a multiple of the element
/// size.
void fill_constant(DType dtype, double value, std::span<std::byte> bytes);
/// The first element that differs from `value` rounded to the type; NaN equals NaN, -0 equals 0. Requires: as
/// above.
std::optional<WrongElement> check_constant(DType dtype, double value, std::span<const std::byte> bytes);

/// One element. Numbers of 64 bits may be rounded by to_double. Requires: `element` points to one whole
/// element.
double element_to_double(DType dtype, const std::byte* element);
/// Requires: an integer type. uint64 above the largest int64 wraps to a negative number.
std::int64_t element_to_int64(DType dtype, const std::byte* element);
/// The shortest decimal text that names exactly this value in its type: "0.1", "-3", "inf", "nan".
std::string element_to_string(DType dtype, const std::byte* element);

}  // namespace gridlock
